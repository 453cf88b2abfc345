/*
 * Runs a command whose memory cannot become code: the kernel kills it (SIGSYS) for a page that is
 * mapped writable and executable, or is made executable once it is there, as some hosts forbid to
 * everyone (systemd's MemoryDenyWriteExecute=, PaX's MPROTECT). Without a command: does just that.
 * Libraries are mapped executable from their files, which stays allowed.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NUMBER      offsetof(struct seccomp_data, nr)
#define PROTECTION  offsetof(struct seccomp_data, args[2])      /* its low half, on little-endian */
#define BOTH        (PROT_WRITE | PROT_EXEC)

static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NUMBER),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PROTECTION),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, BOTH),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BOTH, 5, 4),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mprotect, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_pkey_mprotect, 0, 2),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PROTECTION),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static int deny(void)
{
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

int main(int argc, char **argv)
{
    void *page;

    if (deny()) {
        fprintf(stderr, "no filter: %s\n", strerror(errno));
        return 126;
    }
    if (argc > 1) {
        execvp(argv[1], argv + 1);
        fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return 127;
    }
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
    return 0;
}
