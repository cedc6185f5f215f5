/**
 * Shell functions that give the configuration of the running nginx as a list of statements, for probes that act on what
 * it names. Needs NGINX_SHELL and CONFIG_FILES_SHELL.
 *
 * - `running_config` prints the text that every trusted master reads: `nginx -T` with its binary, `-c` and `-p`, or, where
 *   root is refused, the files as far as they are readable. With no master running it prints nothing.
 * - `statements` turns that into one statement a line, its last word being `;`, `{` or `}`. Quoted text with one of these
 *   in it becomes `x`. It is no parser: what comes out are candidates, and whoever uses one has to check it.
 */
export const RUNNING_CONFIG_SHELL = `
running_config() {
  masters | while read -r pid ppid args; do
    trusted "$pid" || continue
    line="$pid $ppid $args"
    conf=$(option "$line" -c)
    prefix=$(option "$line" -p)
    exe=$(binary "$pid")
    exe=\${exe% (deleted)}
    sound "$exe" || exe=nginx
    text=$(root "$exe" -T \${conf:+-c "$conf"} \${prefix:+-p "$prefix"} 2>/dev/null </dev/null)
    if [ -n "$text" ]; then printf '%s\\n' "$text"; continue; fi
    for file in $(config_files "$(main_config "$line" "$exe")"); do cat "$file" 2>/dev/null; echo; done
  done
}
statements() {
  awk '{
    sub(/\\r$/, ""); sub(/(^|[ \\t])#.*/, ""); gsub(/\\$[{][A-Za-z0-9_]*[}]/, "$v")
    gsub(/"[^"]*[{};][^"]*"/, "x"); gsub(/\\047[^\\047]*[{};][^\\047]*\\047/, "x"); gsub(/["\\047]/, "")
    gsub(/[{};]/, " &\\n"); printf "%s ", $0
  }
  END { print "" }' | awk 'NF { $1 = $1; print }'
}
`;
