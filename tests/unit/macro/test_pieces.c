/* What goes piece by piece: rows of all ranks in parts, a dataset in slabs, the tables of a history that grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/collective.h"
#include "model.h"
#include "results/h5file.h"
#include "results/history.h"
#include "results/summary.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

enum { TOTAL = 101 };

/* Rows of 24 bytes with their number and where they were; the ranks hold them in turn, backwards. */
typedef struct test_row {
    uint64_t number, twice, rank;
} test_row;

static void rows_in_parts(void **state) {
    (void)state;
    int rank, size;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    MPI_Comm_size(PETSC_COMM_WORLD, &size);
    femd_rows *rows = NULL;
    test_row mine[TOTAL], back[TOTAL], piece[TOTAL], all[TOTAL];
    uint64_t ids[TOTAL];
    size_t n = 0;
    for (int i = TOTAL - 1; i >= 0; --i)
        if ((i * 7 + i / 5) % size == rank) {
            ids[n] = (uint64_t)i;
            mine[n++] = (test_row){(uint64_t)i, 2 * (uint64_t)i, (uint64_t)rank};
        }
    OK(femd_rows_create(PETSC_COMM_WORLD, ids, n, &rows, err));
    assert_int_equal(femd_rows_total(rows), TOTAL);
    memset(back, 0, sizeof back);
    for (uint64_t first = 0, most = 13; first < TOTAL; first += most) {
        const uint64_t some = TOTAL - first < most ? TOTAL - first : most;
        memset(piece, 0xff, sizeof piece);
        OK(femd_rows_gather_part(rows, mine, sizeof *mine, first, some, piece, err));
        for (uint64_t i = 0; rank == 0 && i < some; ++i) {
            assert_int_equal(piece[i].number, first + i);
            assert_int_equal(piece[i].twice, 2 * (first + i));
            assert_int_equal(piece[i].rank, ((first + i) * 7 + (first + i) / 5) % (uint64_t)size);
        }
        if (rank == 0 && some < TOTAL) assert_true(piece[some].number == UINT64_MAX); /* and no further */
        OK(femd_rows_scatter_part(rows, piece, sizeof *mine, first, some, back, err));
    }
    assert_memory_equal(back, mine, n * sizeof *mine);
    OK(femd_rows_gather(rows, mine, sizeof *mine, all, err));
    for (uint64_t i = 0; rank == 0 && i < TOTAL; ++i) assert_int_equal(all[i].number, i);
    memset(back, 0, sizeof back);
    OK(femd_rows_scatter(rows, all, sizeof *mine, back, err));
    assert_memory_equal(back, mine, n * sizeof *mine);
    femd_rows_destroy(&rows);
}

/* Of a table larger than a slab; the first slab may not reach into the next. */
static void dataset_in_slabs(void **state) {
    (void)state;
    enum { COLUMNS = 36 };
    char path[] = "/tmp/femd-slabs-XXXXXX";
    femd_h5 *f = NULL;
    const hsize_t most = femd_h5_rows_at_once(COLUMNS * sizeof(double)), rows = 2 * most + 7;
    double *x = malloc(rows * COLUMNS * sizeof *x), *y = malloc(rows * COLUMNS * sizeof *y);
    assert_true(most > 1000 && most * COLUMNS * sizeof *x <= 8 << 20);
    assert_int_equal(femd_h5_rows_at_once(100 << 20), 16);
    for (hsize_t i = 0; i < rows * COLUMNS; ++i) x[i] = (double)i + 0.5;
    close(mkstemp(path));
    OK(femd_h5_create(path, &f, err));
    OK(femd_h5_write(f, "table", H5T_IEEE_F64LE, rows, COLUMNS, NULL, err));
    for (hsize_t at = 0; at < rows; at += most)
        OK(femd_h5_write_slab(f, "table", H5T_IEEE_F64LE, at, rows - at < most ? rows - at : most, x + at * COLUMNS,
                              err));
    femd_error late = FEMD_ERROR_INIT;
    assert_int_not_equal(femd_h5_write_slab(f, "absent", H5T_IEEE_F64LE, 0, 1, x, &late), FEMD_OK);
    femd_h5_close(&f);
    OK(femd_h5_create(path, &f, err));
    OK(femd_h5_write(f, "table", H5T_IEEE_F64LE, rows, COLUMNS, NULL, err));
    for (hsize_t at = 0; at < rows; at += most)
        OK(femd_h5_write_slab(f, "table", H5T_IEEE_F64LE, at, rows - at < most ? rows - at : most, x + at * COLUMNS,
                              err));
    OK(femd_h5_finish(&f, err));
    OK(femd_h5_open(path, &f, err));
    OK(femd_h5_read(f, "table", H5T_IEEE_F64LE, rows, COLUMNS, y, err));
    assert_memory_equal(x, y, rows * COLUMNS * sizeof *x);
    memset(y, 0, rows * COLUMNS * sizeof *y);
    OK(femd_h5_read_slab(f, "table", H5T_IEEE_F64LE, 3, 5, y, err));
    assert_memory_equal(x + 3 * COLUMNS, y, 5 * COLUMNS * sizeof *x);
    assert_true(y[5 * COLUMNS] == 0);
    assert_int_not_equal(femd_h5_read_slab(f, "table", H5T_IEEE_F64LE, rows - 1, 2, y, &late), FEMD_OK);
    femd_h5_close(&f);
    unlink(path);
    free(x);
    free(y);
}

static void history_add_step(femd_history *h, int step) {
    double reaction[3] = {step, 1.0 / 3, 0};
    femd_history_row row = {.rec = {.step = step, .time = 0.1 * step, .reaction = reaction}, .E_mean = {1.0 / step}};
    OK(femd_history_add(h, &row, err));
}

static void encode(const femd_history *h, const femd_case *cs, femd_buffer *table, femd_buffer *summary) {
    const femd_run_info run = {.wall = 1};
    OK(femd_history_encode(h, cs, table, err));
    OK(femd_summary_encode(h, cs, NULL, "ok", &run, summary, err));
    char *parts = strstr((char *)summary->data, "\"parts\""); /* they grow from one moment to the next */
    assert_non_null(parts);
    summary->size = (size_t)(parts - (char *)summary->data);
}

/* Numbers of rank 0 arrive in messages that do not divide them. */
static void numbers_for_all(void **state) {
    (void)state;
    int rank;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    for (size_t most = 0; most < 12; ++most) {
        double data[10];
        for (int i = 0; i < 10; ++i) data[i] = rank == 0 ? 3 * i + (double)most : -1;
        OK(femd_broadcast(PETSC_COMM_WORLD, data, 9, most, err));
        for (int i = 0; i < 9; ++i) assert_true(data[i] == 3 * i + (double)most);
        assert_true(data[9] == (rank == 0 ? 27 + (double)most : -1));
    }
}

/* Told after each step, and once at the end; a row that is dropped leaves nothing behind. */
static void tables_of_a_growing_history(void **state) {
    (void)state;
    model m;
    femd_history grown = FEMD_HISTORY_INIT, whole = FEMD_HISTORY_INIT;
    femd_buffer table[2] = {FEMD_BUFFER_INIT, FEMD_BUFFER_INIT}, summary[2] = {FEMD_BUFFER_INIT, FEMD_BUFFER_INIT};
    model_init(&m, &femd_element_q1, 1);
    m.cs.path = "grown.json";
    model_hold(&m, "left", 0, 0, 0);
    grown.nboundary = whole.nboundary = m.cs.nboundary;
    for (int step = 1; step <= 20; ++step) {
        if (step == 5) { /* its fields could not be written */
            history_add_step(&grown, 77);
            encode(&grown, &m.cs, &table[0], &summary[0]);
            femd_history_drop(&grown);
        }
        history_add_step(&grown, step);
        history_add_step(&whole, step);
        encode(&grown, &m.cs, &table[0], &summary[0]);
    }
    encode(&whole, &m.cs, &table[1], &summary[1]);
    assert_int_equal(table[0].size, table[1].size);
    assert_memory_equal(table[0].data, table[1].data, table[1].size);
    assert_int_equal(summary[0].size, summary[1].size);
    assert_memory_equal(summary[0].data, summary[1].data, summary[1].size);
    for (int i = 0; i < 2; ++i) {
        femd_buffer_clear(&table[i]);
        femd_buffer_clear(&summary[i]);
    }
    femd_history_clear(&grown);
    femd_history_clear(&whole);
    m.cs.path = NULL;
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_in_parts),
        cmocka_unit_test(numbers_for_all),
        cmocka_unit_test(dataset_in_slabs),
        cmocka_unit_test(tables_of_a_growing_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
