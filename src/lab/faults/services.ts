import type { LabHost, ServiceSettings } from '../host.ts';
import { SERVICES } from '../nginx-config.ts';

/** Gives all services of a host the same settings, one service after the other. */
export async function configureServices(host: LabHost, settings: ServiceSettings): Promise<void> {
  for (const { port } of SERVICES) await host.configureService(port, settings);
}
