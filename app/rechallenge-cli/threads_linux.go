package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// spareThreads is how many threads beside one for each core the runtime, libssl
// and lookups of names are sure to get by with.
const spareThreads = 24

// smallThreads is the limit (ulimit -u) up to which is counted what the user has
// left. It holds for all of a user's processes together.
const smallThreads = 1024

// Decided before main as the address space is: a thread that can't be had ends
// the process with the runtime's own dump.
var _ = mindThreads()

func mindThreads() bool {
	const limitOfProcesses = 6 // RLIMIT_NPROC, which package syscall lacks
	var limit syscall.Rlimit
	if os.Geteuid() == 0 || syscall.Getrlimit(limitOfProcesses, &limit) != nil || limit.Cur > smallThreads {
		return false
	}
	need, left := spareThreads+runtime.NumCPU(), int64(limit.Cur)-threadsOf(os.Getuid())
	if left >= int64(need) {
		return false
	}
	fmt.Fprintf(os.Stderr, "%s: you may have %d threads, and have %d of them left; this program needs %d: raise the limit with ulimit -u\n",
		programName, limit.Cur, max(left, 0), need)
	os.Exit(exitNotRun)
	return true
}

// threadsOf counts the threads of a user's other processes that can be seen.
func threadsOf(user int) (count int64) {
	list, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, process := range list {
		var of, tasks syscall.Stat_t
		dir := "/proc/" + process.Name()
		if process.Name()[0] < '0' || process.Name()[0] > '9' || process.Name() == fmt.Sprint(os.Getpid()) {
			continue
		}
		if syscall.Stat(dir, &of) == nil && int(of.Uid) == user && syscall.Stat(dir+"/task", &tasks) == nil && tasks.Nlink > 2 {
			count += int64(tasks.Nlink) - 2 // "." and ".."; a folder for each thread
		}
	}
	return count
}
