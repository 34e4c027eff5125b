/* Texts and classes of the status codes, all made from the one list in status.h. Never decides anything itself. */
#include "femd/status.h"

enum status_class { CLASS_G, CLASS_P, CLASS_I };

typedef struct status_entry {
    int code;
    enum status_class cls;
    const char *name, *text;
} status_entry;

static const status_entry entries[] = {
#define STATUS_ENTRY(name, code, cls, text) {code, CLASS_##cls, #name, text},
    FEMD_STATUS_LIST(STATUS_ENTRY)
#undef STATUS_ENTRY
};

static const status_entry *status_find(int code) {
    for (unsigned i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (entries[i].code == code) return &entries[i];
    return 0;
}

const char *femd_status_text(int code) {
    const status_entry *e = status_find(code);
    return e ? e->text : "unknown status";
}

const char *femd_status_name(int code) {
    const status_entry *e = status_find(code);
    return e ? e->name : "UNKNOWN";
}

int femd_status_is_known(int code) {
    return status_find(code) != 0;
}

int femd_status_is_physics(int code) {
    const status_entry *e = status_find(code);
    return e && e->cls == CLASS_P;
}

int femd_status_is_infrastructure(int code) {
    const status_entry *e = status_find(code);
    return e && e->cls == CLASS_I;
}
