/*
 * One idle connection to one backend, in whatever the host has. Each program gets address, port and the Host to send, asks
 * `OPTIONS * HTTP/1.1` (RFC 9110, 9.3.7: about the server, safe), then only reads, for twelve seconds at most. It prints
 * `OUTCOME MS STATUS KEEP`: closed or open, milliseconds from the last data to the end, the answer's status (0 = none), and
 * `close` when the answer says that the connection ends with it.
 */

/** bash's /dev/tcp; /proc/uptime is a clock that nobody sets. */
export const ASK_BASH = `
LC_ALL=C
now() { read -r now rest </proc/uptime; now=$((10#\${now/./})); }
exec 3<>"/dev/tcp/$1/$2" || exit 1
printf 'OPTIONS * HTTP/1.1\\r\\nHost: %s\\r\\nUser-Agent: countersign\\r\\nConnection: keep-alive\\r\\n\\r\\n' "$3" >&3
now; end=$((now + 1200)); last=$now; status=0; keep=keep; head=1; outcome=
while [ -z "$outcome" ]; do
  now; left=$((end - now))
  [ "$left" -gt 0 ] || { outcome=open; break; }
  IFS= read -r -t "$((left / 100)).$(printf %02d $((left % 100)))" -u 3 line
  code=$?
  if [ "$code" -gt 128 ]; then outcome=open; break; fi
  if [ "$code" != 0 ]; then outcome=closed; break; fi
  now; last=$now
  [ "$head" = 1 ] || continue
  case $line in
    HTTP/1.1\\ [1-5][0-9][0-9]*) status=\${line:9:3} ;;
    HTTP/1.0\\ [1-5][0-9][0-9]*) status=\${line:9:3}; keep=close ;;
    [Cc]onnection:*[Cc]lose*) keep=close ;;
    $'\\r'|'') head=0 ;;
  esac
done
now
echo "$outcome $(((now - last) * 10)) $status $keep"
`;

/** The same in Python 3. */
export const ASK_PYTHON = `
import re, socket, sys, time
host, port, name = sys.argv[1:4]
s = socket.create_connection((host, int(port)), 12)
s.sendall(("OPTIONS * HTTP/1.1\\r\\nHost: %s\\r\\nUser-Agent: countersign\\r\\nConnection: keep-alive\\r\\n\\r\\n" % name).encode())
end = time.monotonic() + 12
last = time.monotonic()
data = b""
outcome = "open"
while True:
    left = end - time.monotonic()
    if left <= 0: break
    s.settimeout(left)
    try: piece = s.recv(65536)
    except socket.timeout: break
    except OSError: piece = b""
    if not piece:
        outcome = "closed"
        break
    last = time.monotonic()
    if len(data) < 65536: data += piece
head = data.split(b"\\r\\n\\r\\n")[0]
first = re.match(rb"HTTP/1\\.([01]) ([1-5][0-9][0-9])", head)
close = (first and first.group(1) == b"0") or re.search(rb"(?im)^connection:.*close", head)
print(outcome, int((time.monotonic() - last) * 1000), first.group(2).decode() if first else 0, "close" if close else "keep")
`;

/** The same in Perl, with its core modules. */
export const ASK_PERL = String.raw`
use IO::Socket; use IO::Select; use Time::HiRes qw(time);
my ($host, $port, $name) = @ARGV;
my $class = $host =~ /:/ ? (eval { require IO::Socket::IP; 1 } ? "IO::Socket::IP" : exit 1) : "IO::Socket::INET";
my $s = $class->new(PeerAddr => $host, PeerHost => $host, PeerPort => $port, Proto => "tcp", Timeout => 12) or exit 1;
syswrite $s, "OPTIONS * HTTP/1.1\r\nHost: $name\r\nUser-Agent: countersign\r\nConnection: keep-alive\r\n\r\n";
my ($end, $last, $data, $outcome) = (time + 12, time, "", "open");
my $select = IO::Select->new($s);
while ((my $left = $end - time) > 0) {
  last unless $select->can_read($left);
  my $got = sysread $s, my $piece, 65536;
  unless ($got) { $outcome = "closed"; last }
  $last = time;
  $data .= $piece if length $data < 65536;
}
my ($head) = split /\r\n\r\n/, $data;
$head = "" unless defined $head;
my ($minor, $status) = $head =~ m{^HTTP/1\.([01]) ([1-5][0-9][0-9])};
my $close = (defined $minor && $minor eq "0") || $head =~ /^connection:.*close/im;
printf "%s %d %s %s\n", $outcome, (time - $last) * 1000, $status || 0, $close ? "close" : "keep";
`;

/**
 * The same with BusyBox's nc, in sh: it ends when the backend closes, or when the input ends after twelve seconds. Other
 * implementations go on after a close and would tell a wrong time.
 */
export const ASK_NC = `
now() { read -r now rest </proc/uptime; now=\${now%.*}\${now#*.}; now=\${now#"\${now%%[!0]*}"}; }
now; begin=$now
{ printf 'OPTIONS * HTTP/1.1\\r\\nHost: %s\\r\\nUser-Agent: countersign\\r\\nConnection: keep-alive\\r\\n\\r\\n' "$3"; exec sleep 12; } | {
  head=$(nc "$1" "$2" | tr -d '\\r' | sed '/^$/q' | head -c 16384)
  now
  status=$(printf '%s\\n' "$head" | sed -n '1s,^HTTP/1\\.[01] \\([1-5][0-9][0-9]\\).*,\\1,p')
  keep=keep
  printf '%s\\n' "$head" | grep -qiE '^(HTTP/1\\.0 |connection:.*close)' && keep=close
  outcome=closed
  [ $((now - begin)) -ge 1190 ] && outcome=open
  echo "$outcome $(((now - begin) * 10)) \${status:-0} $keep"
}
`;
