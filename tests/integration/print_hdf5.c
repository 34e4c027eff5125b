/* print_hdf5 FILE DATASET: its dimensions in a line, then its numbers or texts, one a line. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    const hid_t file = H5Fopen(argv[1], H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t set = file < 0 ? -1 : H5Dopen2(file, argv[2], H5P_DEFAULT);
    if (set < 0) return 1;
    const hid_t space = H5Dget_space(set), kept = H5Dget_type(set);
    hsize_t dimension[16];
    const int rank = H5Sget_simple_extent_dims(space, dimension, NULL);
    const size_t n = (size_t)H5Sget_simple_extent_npoints(space);
    const int text = H5Tget_class(kept) == H5T_STRING;
    const hid_t type = text ? kept : H5T_NATIVE_DOUBLE;
    const size_t size = H5Tget_size(type);
    char *data = calloc(n, size);
    if (!data || H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) return 1;
    for (int i = 0; i < rank; i++) printf("%s%llu", i ? " " : "", (unsigned long long)dimension[i]);
    printf("\n");
    for (size_t i = 0; i < n; i++)
        if (text)
            printf("%.*s\n", (int)size, data + i * size);
        else
            printf("%.17g\n", ((double *)(void *)data)[i]);
    free(data);
    return H5Dclose(set) < 0 || H5Fclose(file) < 0;
}
