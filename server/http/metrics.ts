import { Counter, Histogram, type Registry } from 'prom-client';
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { AppEnvironment } from './environment.ts';

/** Counts requests and shows the process's figures. */
export interface RequestMetrics {
  readonly count: MiddlewareHandler<AppEnvironment>;
  /** All metrics of the registry as Prometheus text. */
  text(): Promise<{ readonly type: string; readonly body: string }>;
}

export function createRequestMetrics(registry: Registry): RequestMetrics {
  const labelNames = ['method', 'route', 'status'] as const;
  const requests = new Counter({
    name: 'weft_http_requests_total',
    help: 'HTTP requests answered',
    labelNames,
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'weft_http_request_seconds',
    help: 'Seconds from request to answer',
    labelNames: ['route'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  return {
    async count(c, next) {
      const began = performance.now();
      await next();
      // The pattern, not the address: addresses of invitations are secret, and series must not grow without end.
      const route = matchedRoutes(c).findLast(({ path }) => !path.includes('*'))?.path ?? 'other';
      const method = /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH)$/.test(c.req.method) ? c.req.method : 'other';
      requests.inc({ method, route, status: String(c.res.status) });
      seconds.observe({ route }, (performance.now() - began) / 1000);
    },
    text: async () => ({ type: registry.contentType, body: await registry.metrics() }),
  };
}
