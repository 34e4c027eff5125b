/* The table of peers: hello, roles, numbers, credits, and what happens when one leaves. */
#ifndef FEMD_SERVER_MEMBERS_H
#define FEMD_SERVER_MEMBERS_H

#include "inner.h"

/* The peer of a route, FEMD_NIL if it is unknown. */
uint32_t peers_find(const femd_core *c, uint64_t route);
/* A HELLO: answered with WELCOME, or with ERROR and a drop. */
void peers_hello(femd_core *c, uint64_t route, int json, const femd_frame *f);
/* A peer is gone. blame: its started tasks may be the reason. */
void peers_remove(femd_core *c, uint32_t n, int bye, int blame);
/* Say why, drop the connection, and treat it as gone. */
void peers_expel(femd_core *c, uint32_t n, const femd_error *why);
/* Tell everybody that the server ends. */
void peers_farewell(femd_core *c);
/* Workers in the order of their places. */
uint32_t peers_first_worker(const femd_core *c);
uint32_t peers_next_worker(const femd_core *c, uint32_t n);
/* A TASK message of the worker is done with / goes out. */
void peers_credit(femd_core *c, uint32_t worker);
void peers_debit(femd_core *c, uint32_t worker);
/* Send a PULSE to clients with open batches. */
void peers_pulse(femd_core *c);
/* Expel workers that show no progress. Returns when to look again. */
double peers_check(femd_core *c);

#endif
