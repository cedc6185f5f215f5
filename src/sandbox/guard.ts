import type { MiddlewareHandler } from 'hono';

/**
 * Keeps other web pages out of the sandbox: a foreign page can reach 127.0.0.1 through the visitor's browser, by a
 * name that resolves there (DNS rebinding) or across origins. Both show in the Host or Origin header.
 */
export function sameOriginOnly(origin: () => string): MiddlewareHandler {
  return async (context, next) => {
    const port = new URL(origin()).port;
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    const host = context.req.header('host') ?? '';
    const from = context.req.header('origin');
    if (!hosts.includes(host) || (from !== undefined && from !== `http://${host}`)) {
      return context.json({ ok: false, error: 'forbidden_origin' }, 403);
    }
    return next();
  };
}

/** Lets only those through who know the token of this start. */
export function bearerOnly(token: string): MiddlewareHandler {
  return async (context, next) => {
    if (context.req.header('authorization') !== `Bearer ${token}`) {
      return context.json({ ok: false, error: 'invalid_control_token' }, 401);
    }
    return next();
  };
}
