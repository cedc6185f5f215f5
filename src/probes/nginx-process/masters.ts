/**
 * Shell functions that the nginx probes share. `$1` of the script is `sudo` when `sudo -n` may be used.
 *
 * - `root CMD…` runs a command as root where that is possible, else as it is.
 * - `processes` prints `PID PPID ARGS`, also where ps(1) has no `-o` (BusyBox without desktop features).
 * - `alive PID` is false for a process that ended since it was listed; its namespaces cannot be told any more.
 * - `titled PID` says whether a process still bears a master's title. A worker bears its parent's for the moment between
 *   fork and its own title; a master that was started by another one for an upgrade (USR2) keeps it.
 * - `masters` prints such lines of nginx masters. Those known to be in another network namespace are left out as long
 *   as one is here: containers and neighbours are seen in ps(1), and asking about them would answer the wrong question.
 * - `trusted PID` says whether a master's command line may be acted upon: anybody can run a process with that title, and
 *   a configuration named by a stranger, read as root, would be a stranger's code run as root.
 * - `link PID NAME` reads a link of /proc/PID, which for another user's process takes root (ptrace(2) access).
 * - `binary PID` prints the master's binary, with ` (deleted)` when it was replaced on disk (proc_pid_exe(5)).
 * - `sound FILE` says whether a binary belongs to root or to us and nobody else can write it.
 * - `option LINE -c` prints the value of an option on a master's line.
 */
export const NGINX_SHELL = `
S=$1
root() { if [ "$S" = sudo ] && [ "$(id -u)" != 0 ]; then sudo -n "$@"; else "$@"; fi; }
alive() { case $(awk '/^State:/{print $2}' "/proc/$1/status" 2>/dev/null) in ''|Z|X) return 1 ;; esac; }
link() { readlink "/proc/$1/$2" 2>/dev/null || { [ "$S" = sudo ] && sudo -n readlink "/proc/$1/$2" 2>/dev/null </dev/null; }; }
processes() {
  ps -eo pid,ppid,args 2>/dev/null || for d in /proc/[0-9]*; do
    [ -r "$d/cmdline" ] || continue
    echo "\${d#/proc/} $(awk '/^PPid:/{print $2}' "$d/status" 2>/dev/null) $(tr '\\000' ' ' <"$d/cmdline" 2>/dev/null)"
  done
}
title() { tr '\\000' ' ' <"/proc/$1/cmdline" 2>/dev/null; }
titled() {
  case $(title "$1") in 'nginx: master process'*) sleep 0.2 2>/dev/null || sleep 1 ;; *) return 1 ;; esac
  case $(title "$1") in 'nginx: master process'*) ;; *) return 1 ;; esac
}
masters() {
  own=$(readlink /proc/self/ns/net 2>/dev/null)
  processes | awk '$3=="nginx:"&&$4=="master"&&$5=="process"{m[$1];p[++n]=$2;l[n]=$0}
    END{for(i=1;i<=n;i++)print (p[i] in m)?"started":"first",l[i]}' | while read -r kin pid rest; do
    [ "$kin" = first ] || titled "$pid" || continue
    ns=$(link "$pid" ns/net)
    [ -n "$ns" ] || alive "$pid" || continue
    case $ns in ''|"$own") echo "1 $pid $rest" ;; *) echo "2 $pid $rest" ;; esac
  done | sort -n | awk 'NR==1{k=$1}$1==k{sub(/^[12] /,"");print}' | head -n 16
}
trusted() {
  uid=$(awk '/^Uid:/{print $3}' "/proc/$1/status" 2>/dev/null)
  [ "$uid" = 0 ] || [ "$uid" = "$(id -u)" ]
}
binary() { link "$1" exe; }
sound() {
  [ -x "$1" ] && [ -n "$(find "$1" -prune \\( -user 0 -o -user "$(id -u)" \\) ! -perm -020 ! -perm -002 2>/dev/null)" ]
}
option() {
  printf '%s\\n' "$1" | awk -v f="$2" '{for(i=6;i<=NF;i++){if($i==f){print $(i+1);exit}if(index($i,f)==1){print substr($i,3);exit}}}'
}
`;
