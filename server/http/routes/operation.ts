import { createRoute, z } from '@hono/zod-openapi';
import type { AppDeps } from '../deps.ts';
import { json } from '../schemas.ts';
import type { Routes } from './app.ts';

const tags = ['Operation'];

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  tags,
  summary: 'Whether the relay can read and append.',
  responses: {
    200: json(
      z.object({ ok: z.literal(true), damagedRooms: z.number().int().optional() }),
      'It can; the number of damaged rooms where there are any',
    ),
    503: json(z.object({ ok: z.literal(false), reason: z.string() }), 'It cannot, and why'),
  },
});

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  tags,
  summary: 'Figures of the process for Prometheus.',
  responses: { 200: { description: 'Prometheus text', content: { 'text/plain': { schema: z.string() } } } },
});

export function addOperationRoutes(routes: Routes, { relay, metrics }: AppDeps): void {
  routes.openapi(healthRoute, (c) => {
    c.header('Cache-Control', 'no-store');
    const health = relay.health();
    return health.ok ? c.json(health, 200) : c.json({ ok: false as const, reason: health.reason }, 503);
  });

  routes.openapi(metricsRoute, async (c) => {
    const { type, body } = await metrics.text();
    c.header('Content-Type', type);
    c.header('Cache-Control', 'no-store');
    return c.body(body, 200) as never;
  });
}
