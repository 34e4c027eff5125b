/* The program femd-store: list, size, prune, verify, export. */
#include "archive.h"

#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EXIT_DAMAGED = 1, EXIT_BAD_INPUT_ = 2, EXIT_INTERNAL_ = 70, EXIT_STOPPED_ = 130, ROWS_MOST = 4096 };

static volatile sig_atomic_t archive_stop; /* SIGINT or SIGTERM has come */

static void archive_on_signal(int signal) {
    (void)signal;
    archive_stop = 1;
}

static const char help[] =
    "usage: femd store COMMAND DIR [options]\n\n"
    "Looks after a store of answers and states that runs with --store DIR have filled. A run may use it meanwhile.\n\n"
    "  list DIR                  materials, builds, and how many answers of each\n"
    "  size DIR                  how much there is, what it takes on disk, and the bound\n"
    "  prune DIR --size MIB      remove the longest unused until the rest takes at most so much\n"
    "  verify DIR [--drop]       hold everything against its checksum; --drop: remove what is damaged\n"
    "  export DIR --out FILE.h5  all answers with what was asked, as columns of an HDF5 file\n\n"
    "exit codes: 0 done, 1 verify has found damage, 2 the command line or the store is wrong,\n            130 export "
    "was stopped\n";

typedef struct request {
    const char *command, *folder, *out;
    double mib; /* < 0: not given */
    int drop;
} request;

/* ---- list ---- */

typedef struct listed { /* answers of a material by a build */
    femd_hash material;
    uint64_t fingerprint, answers, bytes, last, failures;
    double wall;
} listed;

typedef struct listing {
    listed row[ROWS_MOST];
    size_t rows;
    uint64_t damaged, left_out;
} listing;

static listed *archive_row(listing *list, const femd_kept *kept) {
    for (size_t i = 0; i < list->rows; i++)
        if (list->row[i].fingerprint == kept->fingerprint && femd_hash_equal(&list->row[i].material, &kept->material))
            return &list->row[i];
    if (list->rows == ROWS_MOST) return NULL;
    list->row[list->rows] = (listed){.material = kept->material, .fingerprint = kept->fingerprint};
    return &list->row[list->rows++];
}

static femd_status archive_list_one(void *user, const uint8_t *name, const vault_found *found, const femd_error *damage,
                                    femd_error *err) {
    listing *list = user;
    femd_kept kept;
    femd_response response;
    (void)name;
    (void)damage;
    (void)err;
    if (!found->bytes.data || kept_decode(found->bytes.data, found->bytes.size, &kept, NULL) != FEMD_OK ||
        femd_response_decode(kept.response.data, kept.response.size, &response, NULL) != FEMD_OK) {
        list->damaged++;
        return FEMD_OK;
    }
    listed *row = archive_row(list, &kept);
    if (!row) {
        list->left_out++;
        return FEMD_OK;
    }
    row->answers++;
    row->bytes += found->bytes.size;
    row->wall += isfinite(response.work.wall) ? response.work.wall : 0;
    row->failures += response.status != FEMD_OK;
    if (found->made > row->last) row->last = found->made;
    return FEMD_OK;
}

static femd_status archive_list(femd_vault *vault, femd_error *err) {
    listing *list = calloc(1, sizeof *list);
    if (!list) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a list");
    femd_status rc = vault_walk(vault, VAULT_ANSWER, archive_list_one, list, err);
    if (rc == FEMD_OK)
        printf("%-20s %-17s %10s %9s %12s %10s  %s\n", "material", "build", "answers", "failed", "took", "MiB",
               "last kept");
    for (size_t i = 0; rc == FEMD_OK && i < list->rows; i++) {
        const listed *row = &list->row[i];
        char id[65], when[32] = "";
        const time_t last = (time_t)row->last;
        struct tm utc;
        femd_hash_text(&row->material, id);
        if (gmtime_r(&last, &utc)) strftime(when, sizeof when, "%Y-%m-%d %H:%M UTC", &utc);
        printf("%-20.16s %016llx  %10llu %9llu %10.4g s %10.2f  %s\n", id, (unsigned long long)row->fingerprint,
               (unsigned long long)row->answers, (unsigned long long)row->failures, row->wall,
               (double)row->bytes / 1048576, when);
    }
    if (rc == FEMD_OK && list->damaged)
        printf("%llu answers are damaged; femd store verify says more\n", (unsigned long long)list->damaged);
    if (rc == FEMD_OK && list->left_out)
        printf("%llu answers of further materials and builds are not listed\n", (unsigned long long)list->left_out);
    free(list);
    return rc;
}

/* ---- size, prune ---- */

static femd_status archive_size(femd_vault *vault, femd_error *err) {
    vault_size size;
    FEMD_TRY(vault_measure(vault, &size, err));
    for (vault_kind kind = VAULT_ANSWER; kind < VAULT_KINDS; kind++)
        printf("%-10s %12llu %12.2f MiB\n", vault_kind_name(kind), (unsigned long long)size.count[kind],
               (double)size.bytes[kind] / 1048576);
    printf("%-10s %12s %12.2f MiB of %.0f\n", "on disk", "", (double)size.disk / 1048576, (double)size.most / 1048576);
    return FEMD_OK;
}

static femd_status archive_prune(femd_vault *vault, const request *asked, femd_error *err) {
    if (asked->mib < 0) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd store prune: say how much may stay, --size MIB");
    FEMD_TRY(vault_prune(vault, (uint64_t)(asked->mib * 1048576), err));
    return archive_size(vault, err);
}

/* ---- verify ---- */

typedef struct verifying {
    vault_kind kind;
    uint64_t sound, damaged;
    femd_buffer names; /* of what is damaged */
} verifying;

static femd_status archive_verify_one(void *user, const uint8_t *name, const vault_found *found,
                                      const femd_error *damage, femd_error *err) {
    verifying *check = user;
    femd_error words = FEMD_ERROR_INIT;
    femd_kept kept;
    femd_status rc = FEMD_OK;
    if (damage)
        words = *damage;
    else if (check->kind == VAULT_ANSWER) {
        rc = kept_decode(found->bytes.data, found->bytes.size, &kept, &words);
        if (rc == FEMD_OK) rc = kept_check(&kept, &words);
    }
    if (!damage && rc == FEMD_OK) {
        check->sound++;
        return FEMD_OK;
    }
    femd_hash hash;
    char text[65];
    memcpy(hash.b, name, sizeof hash.b);
    femd_hash_text(&hash, text);
    printf("%s %s: %s\n", vault_kind_name(check->kind), text, words.text);
    check->damaged++;
    return femd_buffer_append(&check->names, name, vault_name_bytes(check->kind), err);
}

static femd_status archive_verify(femd_vault *vault, int drop, uint64_t *damaged, femd_error *err) {
    for (vault_kind kind = VAULT_ANSWER; kind < VAULT_KINDS; kind++) {
        verifying check = {.kind = kind, .names = FEMD_BUFFER_INIT};
        femd_status rc = vault_walk(vault, kind, archive_verify_one, &check, err);
        const size_t bytes = vault_name_bytes(kind);
        for (size_t at = 0; rc == FEMD_OK && drop && at < check.names.size; at += bytes) {
            const vault_item item = {kind, VAULT_FORGET, {check.names.data + at, bytes}};
            rc = vault_write(vault, &item, 1, err);
        }
        femd_buffer_clear(&check.names);
        FEMD_TRY(rc);
        printf("%-10s %12llu sound %8llu damaged%s\n", vault_kind_name(kind), (unsigned long long)check.sound,
               (unsigned long long)check.damaged, drop && check.damaged ? ", removed" : "");
        *damaged += check.damaged;
    }
    return FEMD_OK;
}

static femd_status archive_export_all(femd_vault *vault, const request *asked, femd_error *err) {
    uint64_t rows = 0, damaged = 0;
    if (!asked->out) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd store export: name the file, --out FILE.h5");
    FEMD_TRY(archive_export(vault, asked->out, &archive_stop, &rows, &damaged, err));
    printf("%s: %llu answers", asked->out, (unsigned long long)rows);
    if (damaged) printf("; %llu answers or materials are damaged and left out", (unsigned long long)damaged);
    printf("\n");
    return FEMD_OK;
}

/* ---- the command line ---- */

static int archive_is(const request *asked, const char *command) {
    return strcmp(asked->command, command) == 0;
}

static femd_status archive_read(int argc, char **argv, request *asked, femd_error *err) {
    static const struct option list[] = {{"size", required_argument, NULL, 's'}, {"out", required_argument, NULL, 'o'},
                                         {"drop", no_argument, NULL, 'd'},       {"version", no_argument, NULL, 'v'},
                                         {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0}};
    static const char *const commands[] = {"list", "size", "prune", "verify", "export"};
    for (int option; (option = getopt_long(argc, argv, "o:h", list, NULL)) != -1;) {
        char *end = NULL;
        switch (option) {
        case 's':
            asked->mib = strtod(optarg, &end);
            if (end == optarg || *end || !(asked->mib >= 0 && asked->mib <= 1e9))
                return femd_fail(err, FEMD_BAD_ARGUMENT, "--size %s: a number from 0 to 1e9 is wanted", optarg);
            break;
        case 'o': asked->out = optarg; break;
        case 'd': asked->drop = 1; break;
        case 'v':
        case 'h':
            asked->command = NULL;
            asked->out = option == 'v' ? "femd-store " FEMD_VERSION "\n" : help;
            return FEMD_OK;
        default: return femd_fail(err, FEMD_BAD_ARGUMENT, "see femd store --help");
        }
    }
    if (argc - optind != 2) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd store COMMAND DIR; see femd store --help");
    asked->command = argv[optind];
    asked->folder = argv[optind + 1];
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (archive_is(asked, commands[i])) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_ARGUMENT, "unknown command \"%s\"; there is: list, size, prune, verify, export",
                     asked->command);
}

static femd_status archive_do(const request *asked, uint64_t *damaged, femd_error *err) {
    femd_vault *vault;
    const int writes = archive_is(asked, "prune") || (archive_is(asked, "verify") && asked->drop);
    FEMD_TRY(vault_open(&(vault_config){.folder = asked->folder, .read_only = !writes}, &vault, err));
    femd_status rc;
    if (archive_is(asked, "list"))
        rc = archive_list(vault, err);
    else if (archive_is(asked, "size"))
        rc = archive_size(vault, err);
    else if (archive_is(asked, "prune"))
        rc = archive_prune(vault, asked, err);
    else if (archive_is(asked, "verify"))
        rc = archive_verify(vault, asked->drop, damaged, err);
    else
        rc = archive_export_all(vault, asked, err);
    vault_close(&vault);
    return rc;
}

int main(int argc, char **argv) {
    request asked = {.mib = -1};
    femd_error err = FEMD_ERROR_INIT;
    uint64_t damaged = 0;
    femd_status rc = archive_read(argc, argv, &asked, &err);
    if (rc == FEMD_OK && !asked.command) {
        fputs(asked.out, stdout);
        return 0;
    }
    if (asked.command && archive_is(&asked, "export")) { /* which leaves no half file */
        const struct sigaction stop = {.sa_handler = archive_on_signal};
        sigaction(SIGINT, &stop, NULL);
        sigaction(SIGTERM, &stop, NULL);
    }
    if (rc == FEMD_OK) rc = archive_do(&asked, &damaged, &err);
    if (rc == FEMD_OK) return damaged ? EXIT_DAMAGED : 0;
    fprintf(stderr, "femd: %s\n", err.text);
    if (rc == FEMD_CANCELLED) return EXIT_STOPPED_;
    return rc == FEMD_INTERNAL || rc == FEMD_NO_MEMORY ? EXIT_INTERNAL_ : EXIT_BAD_INPUT_;
}
