/* check_expected EXPECTED.json [FOLDER]: hold the output of a run against what its case promises.
 *
 * expected.json: {"run": [arguments of femd run], "checks": [CHECK, ...]}, each CHECK one of
 *   {"path": "steps.1.reactions.grip.0", "value": v, "rtol": r}
 *   {"path": "...", "max": m}
 *   {"path": "...", "min": m}
 *   {"path": "...", "text": "..."}
 * A path walks summary.json; a number indexes an array, negative from its end. With FOLDER omitted the arguments are
 * printed, one a line, for the script that makes the run. Exit 0, 1 (a check fails), 2. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cJSON *read_json(const char *path) {
    FILE *f = fopen(path, "rb");
    static char text[1 << 22];
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) fclose(f);
    text[n] = 0;
    cJSON *doc = cJSON_Parse(text);
    if (!doc) {
        fprintf(stderr, "check_expected: cannot read %s\n", path);
        exit(2);
    }
    return doc;
}

static const cJSON *walk(const cJSON *node, const char *path) {
    char copy[512];
    snprintf(copy, sizeof copy, "%s", path);
    for (char *save, *key = strtok_r(copy, ".", &save); key && node; key = strtok_r(NULL, ".", &save)) {
        if (!cJSON_IsArray(node)) {
            node = cJSON_GetObjectItemCaseSensitive(node, key);
            continue;
        }
        int i = atoi(key), n = cJSON_GetArraySize(node);
        node = cJSON_GetArrayItem(node, i < 0 ? n + i : i);
    }
    return node;
}

static int holds(const cJSON *check, const cJSON *found) {
    const cJSON *value = cJSON_GetObjectItem(check, "value"), *max = cJSON_GetObjectItem(check, "max"),
                *min = cJSON_GetObjectItem(check, "min"), *text = cJSON_GetObjectItem(check, "text");
    if (text) return cJSON_IsString(found) && !strcmp(found->valuestring, text->valuestring);
    if (!cJSON_IsNumber(found) || (!value && !max && !min)) return 0;
    double x = found->valuedouble, rtol = cJSON_IsNumber(cJSON_GetObjectItem(check, "rtol"))
                                              ? cJSON_GetObjectItem(check, "rtol")->valuedouble
                                              : 0;
    if (value && !(fabs(x - value->valuedouble) <= rtol * fabs(value->valuedouble))) return 0;
    if (max && !(x <= max->valuedouble)) return 0;
    return !min || x >= min->valuedouble;
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: check_expected EXPECTED.json [FOLDER]\n"), 2;
    cJSON *expected = read_json(argv[1]), *item;
    if (argc == 2) {
        cJSON_ArrayForEach(item, cJSON_GetObjectItem(expected, "run")) puts(cJSON_GetStringValue(item));
        return 0;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/summary.json", argv[2]);
    cJSON *summary = read_json(path);
    int failed = 0, made = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(expected, "checks")) {
        const char *where = cJSON_GetStringValue(cJSON_GetObjectItem(item, "path"));
        const cJSON *found = where ? walk(summary, where) : NULL;
        int ok = found && holds(item, found);
        char *want = cJSON_PrintUnformatted(item), *have = found ? cJSON_PrintUnformatted(found) : NULL;
        printf("%-4s %s found %s\n", ok ? "ok" : "BAD", want, have ? have : "nothing");
        free(want);
        free(have);
        failed += !ok;
        made++;
    }
    if (!made) printf("no checks in %s\n", argv[1]);
    return failed || !made;
}
