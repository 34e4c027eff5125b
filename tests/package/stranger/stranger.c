/* A program of somebody who knows nothing but the public header. */
#include <femd/femd.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    const double F[9] = {1.01, 0, 0, 0, 1, 0, 0, 0, 1};
    double E[6];
    femd_error err = FEMD_ERROR_INIT;
    femd_client *client = NULL;
    femd_client_config config;
    memset(&config, 0, sizeof config);
    config.size = sizeof config;
    config.address = "ipc:///tmp/femd-nobody-is-here";
    config.connect_timeout = 0.2;
    if (femd_strain_from_F(F, E, &err) != FEMD_OK) return 1;
    if (E[0] < 0.01004 || E[0] > 0.01006) return 2;
    if (femd_client_open(&config, &client, &err) == FEMD_OK || client != NULL) return 3;
    if (strstr(err.text, "femd-nobody-is-here") == NULL) return 4;
    if (femd_seed(1, 2, 3) == femd_seed(1, 2, 4)) return 5;
    printf("as it should: %s\n", err.text);
    return 0;
}
