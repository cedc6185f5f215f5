import type { Facts } from '../probes/registry.ts';

/** Ports that are nginx's own when nothing better is known. */
const WEB_PORTS: readonly number[] = [80, 443];

/** Whether nginx runs on the host; undefined when no fact tells. */
export function nginxRuns(facts: Facts): boolean | undefined {
  const masters = facts['nginx-process']?.masters;
  if (masters) return masters.length > 0;
  return (
    facts.listeners?.listeners.some(({ processes }) => processes?.some(({ name }) => name === 'nginx')) || undefined
  );
}

/** The ports on which nginx takes clients' connections, from its configuration or else from who listens. */
export function nginxPorts(facts: Facts): number[] {
  const config = facts['nginx-config'];
  if (!config)
    return (facts.listeners?.listeners ?? []).map(({ port }) => port).filter((port) => nginxListensOn(facts, port));
  const proxied = new Set(
    config.proxies.flatMap((proxy) => {
      const servers = config.upstreams.find(({ name }) => name === proxy.upstream)?.servers ?? [];
      return [...servers, ...(proxy.literal ? [proxy.literal] : [])].flatMap(({ endpoint }) => endpoint?.port ?? []);
    }),
  );
  return [...new Set(config.listens.map(({ port }) => port))].filter((port) => !proxied.has(port));
}

/** Whether nginx is known or, for the web's ports, presumed to listen on a port. For hosts without a readable configuration. */
export function nginxListensOn(facts: Facts, port: number): boolean {
  const owners = (facts.listeners?.listeners ?? [])
    .filter((listener) => listener.port === port)
    .flatMap(({ processes }) => processes ?? []);
  return owners.length === 0 ? WEB_PORTS.includes(port) : owners.some(({ name }) => name === 'nginx');
}
