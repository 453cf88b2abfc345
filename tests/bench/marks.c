/*
 * marks [-u] LAST COMMAND...: runs a command until it has printed a line that contains LAST, then
 * ends it; each line of its output is printed behind the seconds of processor time that it had
 * used by then (-u: of user time alone, in ticks), and at last "peak KILOBYTES".
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* User and system time of all its threads, also of those that have ended. */
static double used(pid_t pid)
{
    struct timespec t = { 0 };
    clockid_t clock;

    if (!clock_getcpuclockid(pid, &clock))
        clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* See proc(5). */
static double used_by_user(pid_t pid)
{
    char path[64], line[1024], *at;
    unsigned long ticks = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    if (f && fgets(line, sizeof line, f) && (at = strrchr(line, ')')))
        sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu", &ticks);
    if (f)
        fclose(f);
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static pid_t start(char **command, FILE **from)
{
    int ends[2];
    pid_t pid;

    if (pipe(ends) || (pid = fork()) < 0)
        return -1;
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(command[0], command);
        _exit(127);
    }
    close(ends[1]);
    *from = fdopen(ends[0], "r");
    return pid;
}

int main(int argc, char **argv)
{
    double (*measure)(pid_t) = used;
    static char line[1 << 16];
    struct rusage r;
    int found = 0;
    FILE *from;
    pid_t pid;

    if (argc > 1 && !strcmp(argv[1], "-u")) {
        measure = used_by_user;
        argc--;
        argv++;
    }
    if (argc < 3 || (pid = start(argv + 2, &from)) < 0 || !from)
        return 2;
    if (setpriority(PRIO_PROCESS, 0, -10)) {
        /* Then a busy host may be read a little late. */
    }
    while (!found && fgets(line, sizeof line, from)) {
        double at = measure(pid);

        line[strcspn(line, "\r\n")] = 0;
        printf("%.4f %s\n", at, line);
        found = strstr(line, argv[1]) != NULL;
    }
    kill(pid, SIGKILL);
    if (wait4(pid, NULL, 0, &r) != pid)
        return 1;
    printf("peak %ld\n", r.ru_maxrss);
    return !found;
}
