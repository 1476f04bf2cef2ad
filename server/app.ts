import { failure } from '../shared/base/errors.ts';
import type { AppDeps, AppOptions } from './http/deps.ts';
import type { AppEnvironment } from './http/environment.ts';
import { fromOwnPages, notToBeKept } from './http/guards.ts';
import { answerFailure, onError } from './http/refusals.ts';
import { createRequestRate } from './http/request-rate.ts';
import { atMost, newRoutes, type Routes } from './http/routes/app.ts';
import { addAppRoutes } from './http/routes/apps.ts';
import { addBlobRoutes } from './http/routes/blobs.ts';
import { addBroadcastRoutes } from './http/routes/broadcasts.ts';
import { addCardRoutes } from './http/routes/card.ts';
import { addLogoRoute } from './http/routes/logo.ts';
import { addPeopleRoutes } from './http/routes/people.ts';
import { addCustomersFiguresRoutes } from './http/routes/customers-figures.ts';
import { addCustomersApi } from './http/routes/customers-api.ts';
import { addCustomersArchiveRoutes } from './http/routes/customers-archive.ts';
import { addCustomersLookRoute } from './http/routes/customers-look.ts';
import { addDescriptionRoutes } from './http/routes/description.ts';
import { addGuestPushRoutes } from './http/routes/guest-push.ts';
import { addGuestRoutes } from './http/routes/guest.ts';
import { addHandoverRoutes } from './http/routes/handover.ts';
import { addHistoryRoutes } from './http/routes/history.ts';
import { addInvitationRoutes } from './http/routes/invitations.ts';
import { addGroupLinkRoutes } from './http/routes/group-link.ts';
import { addJoinRoutes } from './http/routes/join.ts';
import { addOperationRoutes } from './http/routes/operation.ts';
import { addOperatorRoutes } from './http/routes/operator.ts';
import { addCommandRoute, addRoomRoutes } from './http/routes/rooms.ts';
import { addPushRoutes } from './http/routes/push.ts';
import { addSessionRoutes, addSignInRoute } from './http/routes/sessions.ts';
import { addSetupRoutes } from './http/routes/setup.ts';
import { securityHeaders } from './http/security-headers.ts';
import { addWordHitsRoute } from './http/routes/word-hits.ts';
import type { MiddlewareHandler } from 'hono';

/** Files are bounded while they stream to the disk; everything else is small and read at once. */
function bodyBounds({ bounds, boundMetrics }: AppDeps): MiddlewareHandler<AppEnvironment> {
  const form = atMost('body', bounds, boundMetrics);
  const commands = atMost('commandsBody', bounds, boundMetrics);
  return (c, next) => {
    if (c.req.path === '/api/blob' || c.req.path === '/api/upload') return next();
    return c.req.path === '/api/commands' ? commands(c, next) : form(c, next);
  };
}

/** All of HTTP: the API, the operator's pages, the built client. Sockets are attached to the server beside it. */
export function createApp(options: AppOptions): Routes {
  const deps: AppDeps = {
    ...options,
    rate: createRequestRate(options.bounds, options.boundMetrics),
  };
  const app = newRoutes();
  app.use(deps.metrics.count);
  app.use(securityHeaders(deps));
  app.use('/api/*', notToBeKept);
  app.use('/api/*', fromOwnPages(deps));
  app.use('/api/*', bodyBounds(deps));
  app.onError(onError(deps.log));

  addOperationRoutes(app, deps);
  addSetupRoutes(app, deps);
  addSignInRoute(app, deps);
  addSessionRoutes(app, deps);
  addInvitationRoutes(app, deps);
  addJoinRoutes(app, deps);
  addCommandRoute(app, deps);
  addRoomRoutes(app, deps);
  addGroupLinkRoutes(app, deps);
  addHistoryRoutes(app, deps);
  addBlobRoutes(app, deps);
  addCardRoutes(app, deps);
  addPeopleRoutes(app, deps);
  addGuestRoutes(app, deps);
  addLogoRoute(app, deps);
  addHandoverRoutes(app, deps);
  addCustomersFiguresRoutes(app, deps);
  addCustomersLookRoute(app, deps);
  addCustomersArchiveRoutes(app, deps);
  addBroadcastRoutes(app, deps);
  addWordHitsRoute(app, deps);
  if (deps.push) {
    addPushRoutes(app, deps, deps.push);
    addGuestPushRoutes(app, deps, deps.push);
  }
  if (deps.apps) {
    addCustomersApi(app, deps, deps.apps, deps.customers);
    addAppRoutes(app, deps, deps.apps);
  }
  addDescriptionRoutes(app);
  if (deps.commands) addOperatorRoutes(app, deps.commands);

  app.all('/api/*', (c) => answerFailure(c, failure('not-found', 'no such route')));
  if (deps.files) app.use(deps.files.serve);
  app.notFound((c) => answerFailure(c, failure('not-found', 'nothing here')));
  return app;
}
