/* Any bytes as a journal, and what it says as the history of a server: refused with words, or a core whose books agree
 * and whose own summary makes another core like it. The first byte says whether checksums are made to fit. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "journal.h"
#include "kept.h"
#include "reads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *const fuzz_kinds[] = {"a journal as it is", "records behind their lengths", NULL};
static int kind_now;

static void stop(const char *words) {
    fprintf(stderr, "fuzz_journal: %s\n", words);
    abort();
}

static int no_answer(void *user, const femd_hash *key, uint64_t fingerprint, struct femd_kept *kept) {
    (void)user, (void)key, (void)fingerprint, (void)kept;
    return 0;
}
static int no_state(void *user, const femd_hash *name, femd_bytes *content) {
    (void)user, (void)name, (void)content;
    return 0;
}
static int no_maker(void *user, const femd_hash *state, struct femd_kept *kept) {
    (void)user, (void)state, (void)kept;
    return 0;
}

static femd_core *make_core(void) {
    static const femd_recall recall = {.answer = no_answer, .state = no_state, .maker = no_maker};
    const femd_core_config config = {.recall = &recall, .journal = 1, .memory_bytes = 8 << 20};
    femd_core *core;
    if (femd_core_create(&config, &core, NULL) != FEMD_OK) abort();
    return core;
}

static femd_status tell(void *user, const void *record, size_t size, femd_error *err) {
    femd_core *core = user;
    uint8_t *exact = malloc(size ? size : 1); /* its end is the end of what may be read */
    if (!exact) abort();
    memcpy(exact, record, size);
    femd_status rc = femd_core_replay(core, exact, size, 1, err);
    free(exact);
    if (rc == FEMD_OK) fuzz_read(kind_now);
    if (rc != FEMD_OK && (err->code != (int)rc || !err->text[0])) stop("a refusal without words");
    return rc == FEMD_BAD_INPUT ? FEMD_OK : rc; /* the next one may follow all the same */
}

static void audit(femd_core *core) {
    femd_error err = FEMD_ERROR_INIT;
    femd_core_settle(core, 2);
    if (femd_core_audit(core, &err) != 0) stop(err.text);
}

/* The summary of one core makes the other. */
static void sum_up(femd_core *from, femd_core *to) {
    femd_action action;
    femd_error err = FEMD_ERROR_INIT;
    femd_core_totals one, other;
    int anew = 0; /* what comes before belongs to the journal that was there */
    femd_core_summarise(from);
    while (femd_core_next(from, &action)) {
        anew |= action.kind == FEMD_ACTION_JOURNAL_ANEW;
        if (anew && action.kind == FEMD_ACTION_JOURNAL &&
            femd_core_replay(to, action.frame.data, action.frame.size, 1, &err) != FEMD_OK)
            stop(err.text);
        femd_core_recycle(from, &action.frame);
    }
    audit(to);
    femd_core_sum(from, &one);
    femd_core_sum(to, &other);
    if (one.runs != other.runs || one.materials != other.materials) stop("a summary leaves something out");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > 1 << 16) return 0;
    femd_core *core = make_core(), *copy = make_core();
    femd_buffer bytes = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    size_t sound;
    const uint8_t *at = data + 1, *end = data + size;
    kind_now = data[0] % 4 != 0;
    if (data[0] % 4 == 0) { /* as it is */
        if (journal_scan(at, size - 1, &sound, tell, core, &err) != FEMD_OK && !err.text[0]) stop("no words");
    } else { /* each record behind its length */
        while (end - at >= 2) {
            const size_t length = femd_get16(at), left = (size_t)(end - at) - 2, take = length < left ? length : left;
            if (tell(core, at + 2, take, &err) != FEMD_OK) break;
            at += 2 + take;
        }
    }
    if (femd_core_health(core) == FEMD_OK) {
        audit(core);
        sum_up(core, copy);
    }
    femd_core_destroy(&core);
    femd_core_destroy(&copy);
    femd_buffer_clear(&bytes);
    return 0;
}
