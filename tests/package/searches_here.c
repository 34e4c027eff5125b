/* A program with an empty entry in its search path, for the test that such entries are found. */
int main(void) {
    return 0;
}
