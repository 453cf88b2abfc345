/*
 * The rows of system.sh as one static program for the guest: rows NAME COUNT does the work so
 * often and prints a checksum, the same on every machine; the host's own run says which. The
 * computing rows are the programs of programs/, the others are what a kernel is asked for.
 *
 *   rows data BYTES   text to be summed and packed, on standard output
 *   rows clock        the processor's time-stamp counter: instructions, on Orrery
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

uint8_t arena[32 << 20] __attribute__((aligned(4096)));

uint64_t run_sieve(void), run_sort(void), run_hash(void), run_bytecode(void), run_calls(void);
uint64_t run_chase(void), run_copy(void), run_strings(void), run_nbody(void), run_packed(void);
uint64_t run_x87(void);

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t syscalls(long n)
{
    long parent = getppid(), same = 0;

    for (long i = 0; i < n; i++)
        same += syscall(SYS_getppid) == parent;
    return (uint64_t)same;
}

/* The other end of the pipes: what comes is sent back, one more. */
static void echo(int from, int to)
{
    uint8_t byte;

    while (read(from, &byte, 1) == 1) {
        byte++;
        if (write(to, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static uint64_t pipes(long n)
{
    int there[2], back[2];
    uint64_t sum = 0;
    pid_t pid;

    if (pipe(there) || pipe(back) || (pid = fork()) < 0)
        fail("pipe");
    if (pid == 0) {
        close(there[1]);
        echo(there[0], back[1]);
    }
    for (long i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)(i * 7);

        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
            fail("pipe");
        sum = sum * 31 + byte;
    }
    close(there[1]);
    waitpid(pid, NULL, 0);
    return sum;
}

static uint64_t forks(long n)
{
    uint64_t sum = 0;
    int status;

    for (long i = 0; i < n; i++) {
        char code[8];
        pid_t pid = fork();

        if (pid < 0)
            fail("fork");
        snprintf(code, sizeof code, "%ld", i % 50);
        if (pid == 0) {
            execl("/proc/self/exe", "rows", "exit", code, (char *)NULL);
            _exit(99);
        }
        if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
            fail("waitpid");
        sum = sum * 31 + (uint64_t)WEXITSTATUS(status);
    }
    return sum;
}

/* Pages of zeros that are touched for the first time. */
static uint64_t faults(long n)
{
    enum { PAGES = 4096 };
    uint64_t sum = 0;

    for (long i = 0; i < n; i += PAGES) {
        long count = n - i < PAGES ? n - i : PAGES;
        uint8_t *at = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (at == MAP_FAILED || madvise(at, PAGES * 4096, MADV_NOHUGEPAGE))
            fail("mmap");
        for (long p = 0; p < count; p++)
            sum += ++at[p * 4096];
        munmap(at, PAGES * 4096);
    }
    return sum;
}

static int data(long bytes)
{
    static const char *const word[8] = { "the ", "of ", "machine ", "and ", "cycle\n", "bus ",
                                         "interrupt ", "a " };
    uint64_t seed = 1;

    for (long done = 0; done < bytes; ) {
        char text[16];
        int n;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        n = seed >> 60 ? snprintf(text, sizeof text, "%s", word[seed >> 40 & 7])
                       : snprintf(text, sizeof text, "%u ", (unsigned)(seed >> 48));
        if (n > bytes - done)
            n = (int)(bytes - done);
        if (fwrite(text, 1, (size_t)n, stdout) != (size_t)n)
            return 1;
        done += n;
    }
    return fflush(stdout) != 0;
}

static const struct row {
    const char *name;
    uint64_t (*run)(void);              /* so often; */
    uint64_t (*count)(long n);          /* or told how often */
} rows[] = {
    { "sieve", run_sieve, NULL }, { "sort", run_sort, NULL }, { "hash", run_hash, NULL },
    { "bytecode", run_bytecode, NULL }, { "calls", run_calls, NULL },
    { "strings", run_strings, NULL }, { "copy", run_copy, NULL }, { "chase", run_chase, NULL },
    { "nbody", run_nbody, NULL }, { "x87", run_x87, NULL }, { "packed", run_packed, NULL },
    { "syscalls", NULL, syscalls }, { "pipe", NULL, pipes }, { "fork", NULL, forks },
    { "faults", NULL, faults },
};

static uint64_t repeat(const struct row *r, long n)
{
    uint64_t sum = 0;

    if (r->count)
        return r->count(n);
    for (long i = 0; i < n; i++)
        sum = sum * 3 + r->run();
    return sum;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    long n = argc > 2 ? atol(argv[2]) : 1;

    if (!strcmp(name, "exit"))
        return (int)n;
    if (!strcmp(name, "data"))
        return data(n);
    if (!strcmp(name, "clock"))
        return printf("%llu\n", (unsigned long long)__rdtsc()) < 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(name, rows[i].name))
            continue;
        printf("%s %016" PRIx64 "\n", name, repeat(&rows[i], n));
        return 0;
    }
    fprintf(stderr, "rows: no such row\n");
    return 2;
}
