/* femd admin: what somebody who looks after a server may have it do. */
#include <stdio.h>
#include <string.h>

#include "admin_call.h"
#include "commands.h"

static const char about[] =
    "Looks after a running server:\n\n"
    "  list               its workers, runs and counters (as femd status)\n"
    "  quarantine N       worker N (its number in the list) stays, and gets no tasks any more\n"
    "  release N          ... and gets tasks again\n"
    "  forgive            points and materials that ended workers may be tried again at once\n"
    "  drain              take no new run, and end when the last one is over\n"
    "  stop               end now; clients and workers are told\n\n"
    "A server with keys takes that from a key of role admin alone (femd keygen). One without keys takes it at an ipc\n"
    "socket, which only its user can reach. Exit code 2 if it is refused, 4 if no server answers.";

static femd_status admin_cmd_read(const option_list *words, femd_admin *wish, femd_error *err) {
    const char *act = words->item[0];
    const int wants_worker = strcmp(act, "quarantine") == 0 || strcmp(act, "release") == 0;
    if (!wants_worker && strcmp(act, "forgive") != 0 && strcmp(act, "drain") != 0 && strcmp(act, "stop") != 0)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "femd admin: \"%s\" is no act; there is: list, quarantine N, release N, forgive, drain, stop",
                         act);
    if (wants_worker != (words->n == 2))
        return femd_fail(err, FEMD_BAD_INPUT, "femd admin %s %s", act,
                         wants_worker ? "wants the number of a worker, as femd status says it" : "takes nothing more");
    int number = 0;
    if (wants_worker) FEMD_TRY(options_int("femd admin: the worker", words->item[1], 1, 2147483647, &number, err));
    wish->number = (uint64_t)number;
    snprintf(wish->act, sizeof wish->act, "%s", act);
    return FEMD_OK;
}

static int admin_cmd_act(const admin_call_to *to, const option_list *words, const char *reason) {
    femd_error err = FEMD_ERROR_INIT;
    femd_admin wish;
    femd_done done;
    memset(&wish, 0, sizeof wish);
    femd_status rc = admin_cmd_read(words, &wish, &err);
    if (rc == FEMD_OK && reason && strlen(reason) >= sizeof wish.text)
        rc = femd_fail(&err, FEMD_BAD_INPUT, "femd admin: --reason takes at most %zu characters", sizeof wish.text - 1);
    if (rc == FEMD_OK) {
        snprintf(wish.text, sizeof wish.text, "%s", reason ? reason : "");
        rc = admin_call_act(to, &wish, &done, &err);
    }
    if (rc != FEMD_OK) return command_failed(&err);
    printf("%s\n", done.text);
    return FEMD_EXIT_OK;
}

int cmd_admin(int argc, char **argv) {
    admin_call_to to = {.timeout = 5};
    const char *reason = NULL;
    int code;
    const option options[] = {
        COMMAND_SERVER_OPTIONS(to),
        {.name = "--reason",
         .kind = OPTION_TEXT,
         .out = &reason,
         .arg = "TEXT",
         .help = "for the log, and for the status of a worker in quarantine"},
    };
    const option_table table = {.command = "femd admin",
                                .usage = "ACT [WORKER] --connect ADDRESS [--key FILE] [--reason TEXT]",
                                .about = about,
                                .option = options,
                                .n = OPTION_COUNT(options),
                                .least = 1,
                                .most = 2};
    option_list words;
    if (!command_options(&table, argc, argv, &words, &code)) return code;
    if (!command_server_is_named(&table, to.address, to.timeout)) return FEMD_EXIT_BAD_INPUT;
    if (strcmp(words.item[0], "list") == 0 && words.n == 1) return status_print(&to, 0, 1);
    return admin_cmd_act(&to, &words, reason);
}
