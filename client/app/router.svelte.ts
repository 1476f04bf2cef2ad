/* The page that the address means right now. */
import { location } from '../ui/location.svelte.ts';
import { matchRoute, type Route } from './routes.ts';

class Router {
  readonly #route = $derived(matchRoute(location.path, location.query));

  get route(): Route {
    return this.#route;
  }
}

export const router = new Router();
