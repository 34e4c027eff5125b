/* The one list of status codes. The enum, the texts, the wire codes and the table in docs/ all come from it. */
#ifndef FEMD_STATUS_H
#define FEMD_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define FEMD_API
#else
#define FEMD_API __attribute__((visibility("default")))
#endif
#define FEMD_MUST_CHECK        __attribute__((warn_unused_result))
#define FEMD_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* X(name, wire code, class, text).  Class P: physics, may cut a macro step.  Class I: infrastructure, never does.
 * Class G: a failure of the call itself (bad input, memory, files, protocol). */
#define FEMD_STATUS_LIST(X)                                                                                            \
    X(OK, 0, G, "ok")                                                                                                  \
    X(NOT_CONVERGED, -1, P, "the relaxation or sampling did not reach its tolerance")                                  \
    X(DIVERGED, -2, P, "numbers are not finite: the configuration diverged, or the engine gave no number")             \
    X(INSTABILITY, -3, P, "the configuration lost stability")                                                          \
    X(OUT_OF_DOMAIN, -4, P, "the request lies outside the domain of the material or the potential")                    \
    X(STATE_LOST, -10, I, "a state needed by the request is held nowhere")                                             \
    X(DEADLINE, -11, I, "the deadline passed before the answer was ready")                                             \
    X(ENGINE_DIED, -12, I, "the engine died during the evaluation")                                                    \
    X(POISON, -13, I, "the request ended several workers and is not tried again")                                      \
    X(UNSUPPORTED, -14, I, "the engine cannot answer what was asked")                                                  \
    X(CANCELLED, -15, I, "the request was cancelled")                                                                  \
    X(MATERIAL_LOST, -16, I, "a material needed by the request is not held by the worker")                             \
    X(BAD_INPUT, -20, G, "bad input")                                                                                  \
    X(BAD_ARGUMENT, -21, G, "bad argument")                                                                            \
    X(NO_MEMORY, -22, G, "out of memory")                                                                              \
    X(IO, -23, G, "input/output error")                                                                                \
    X(PROTOCOL, -24, G, "a message breaks the protocol")                                                               \
    X(LIMIT, -25, G, "a limit was exceeded")                                                                           \
    X(DISCONNECTED, -26, G, "the connection to the server was lost")                                                   \
    X(TIMEOUT, -27, G, "no answer in time")                                                                            \
    X(REREGISTER, -28, G, "the server does not know this peer; say hello again")                                       \
    X(REFUSED, -29, G, "the server refused the request")                                                               \
    X(CONFLICT, -30, G, "two different answers were given for one key")                                                \
    X(INTERNAL, -70, G, "internal error")

typedef enum femd_status {
#define FEMD_STATUS_ENUM(name, code, cls, text) FEMD_##name = code,
    FEMD_STATUS_LIST(FEMD_STATUS_ENUM)
#undef FEMD_STATUS_ENUM
} femd_status;

/* The text of a status; for a code outside the list "unknown status". Never NULL, static storage. */
FEMD_API const char *femd_status_text(int code);
/* The name of a status without prefix, for example "NOT_CONVERGED"; "UNKNOWN" outside the list. Static storage. */
FEMD_API const char *femd_status_name(int code);
/* 1 if the code is in the list. */
FEMD_API int femd_status_is_known(int code);
/* 1 for class P: the material itself answered "no"; a macro step may be cut because of it. */
FEMD_API int femd_status_is_physics(int code);
/* 1 for class I: says nothing about the material; dispatched again, never a reason to cut. */
FEMD_API int femd_status_is_infrastructure(int code);

#ifdef __cplusplus
}
#endif
#endif
