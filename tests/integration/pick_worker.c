/* pick_worker KEY... [PID] < status.json: the pid of the first worker whose counts KEY (started, sole_committed, ...)
 * are all above zero; with PID only that worker. Prints nothing if there is none. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    static char text[1 << 20]; /* STATUS is smaller */
    text[fread(text, 1, sizeof text - 1, stdin)] = 0;
    cJSON *doc = cJSON_Parse(text), *worker;
    cJSON_ArrayForEach(worker, cJSON_GetObjectItem(doc, "workers")) {
        const cJSON *pid = cJSON_GetObjectItem(worker, "pid");
        int fits = cJSON_IsNumber(pid);
        for (int a = 1; a < argc && fits; a++) {
            if (isdigit((unsigned char)argv[a][0]))
                fits = atoi(argv[a]) == pid->valueint;
            else
                fits = cJSON_IsNumber(cJSON_GetObjectItem(worker, argv[a])) &&
                       cJSON_GetObjectItem(worker, argv[a])->valuedouble > 0;
        }
        if (fits) return printf("%d\n", pid->valueint), 0;
    }
    return 0;
}
