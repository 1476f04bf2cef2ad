import type { Routes } from './app.ts';
import { renderDescription, type Description } from '../description-page.ts';

const info = {
  openapi: '3.1.0',
  info: {
    title: 'Weft',
    version: '1',
    description:
      'The open API of a Weft relay. Live data travels over the sockets /sync (own protocol) and /sync/<room> (plain y-websocket).',
  },
};

/** The API described for programs and for people. Call when all other routes are there. */
export function addDescriptionRoutes(routes: Routes): void {
  routes.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  routes.openAPIRegistry.registerComponent('securitySchemes', 'cookie', {
    type: 'apiKey',
    in: 'cookie',
    name: 'weft_session',
  });
  routes.openAPIRegistry.registerComponent('securitySchemes', 'guest', {
    type: 'apiKey',
    in: 'cookie',
    name: 'weft-guest',
  });
  routes.openAPIRegistry.registerComponent('securitySchemes', 'app', {
    type: 'http',
    scheme: 'bearer',
    description: 'The key of an app, which an administrator makes under Settings, Connected systems',
  });
  let page: string | undefined;
  const describe = () => routes.getOpenAPI31Document(info);
  routes.get('/api/openapi.json', (c) => c.json(describe()));
  routes.get('/api/docs', (c) => {
    page ??= renderDescription(describe() as unknown as Description);
    return c.html(page);
  });
}
