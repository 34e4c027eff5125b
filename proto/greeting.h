/* Does whoever listens at an address say the first bytes that every ZeroMQ server says? */
#ifndef FEMD_GREETING_H
#define FEMD_GREETING_H

/* address: tcp://HOST:PORT or ipc://PATH. 0 if the connection is taken in and closed without a byte, as by a server
 * whose descriptors have ended; 1 otherwise, also where nobody can say within `seconds`. */
int femd_server_greets(const char *address, double seconds);

#endif
