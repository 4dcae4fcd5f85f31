import type { Need } from '../../access/scope.ts';

/**
 * What each route of the API needs, in one place, so that it can be read as a whole. A route that
 * isn't here is for admins, and fails `access-matrix.test.ts`. HEAD is as GET.
 */
export const routeNeeds: Readonly<Record<string, Need>> = {
  'GET /healthz': 'public',
  'GET /metrics': 'read',
  'GET /api/v1/openapi.json': 'public',
  'GET /api/v1/live': 'public',

  'GET /api/v1/session': 'public',
  'POST /api/v1/session': 'public',
  'DELETE /api/v1/session': 'public',
  'POST /api/v1/login-links': 'query',
  'GET /api/v1/tokens': 'admin',
  'POST /api/v1/tokens': 'admin',
  'DELETE /api/v1/tokens/:token': 'admin',

  'POST /api/v1/query': 'query',
  'POST /api/v1/query/shared': 'query',
  'POST /api/v1/query/notebook': 'query',
  'POST /api/v1/complete': 'read',
  'GET /api/v1/functions': 'query',

  'GET /api/v1/tables': 'query',
  'GET /api/v1/tables/:name': 'query',
  'GET /api/v1/tables/:name/history': 'read',
  'GET /api/v1/tables/:name/description': 'read',
  'POST /api/v1/tables': 'admin',
  'DELETE /api/v1/tables/:name': 'admin',
  'POST /api/v1/tables/:name/restore': 'admin',
  'POST /api/v1/tables/:name/optimize': 'admin',
  'POST /api/v1/tables/:name/vacuum': 'admin',

  'GET /api/v1/streams': 'read',
  'GET /api/v1/streams/:name': 'read',
  'GET /api/v1/streams/:name/records': 'read',
  'POST /api/v1/streams': 'admin',
  'PATCH /api/v1/streams/:name': 'admin',
  'DELETE /api/v1/streams/:name': 'admin',
  'POST /api/v1/streams/:name/infer': 'admin',

  'GET /api/v1/pipelines': 'read',
  'GET /api/v1/pipelines/:name': 'read',
  'GET /api/v1/pipelines/:name/plan': 'read',
  'POST /api/v1/pipelines': 'admin',
  'PATCH /api/v1/pipelines/:name': 'admin',
  'DELETE /api/v1/pipelines/:name': 'admin',
  'POST /api/v1/pipelines/:name/backfill': 'admin',
  'POST /api/v1/pipelines/:name/consequences': 'admin',
  'POST /api/v1/pipelines/validate': 'admin',
  'POST /api/v1/pipelines/preview': 'admin',
  'POST /api/v1/pipelines/draft': 'admin',
  'POST /api/v1/pipelines/try': 'admin',

  'GET /api/v1/connections': 'read',
  'GET /api/v1/connections/:name': 'read',
  'POST /api/v1/connections': 'admin',
  'DELETE /api/v1/connections/:name': 'admin',
  'POST /api/v1/connections/:name/test': 'admin',
  'POST /api/v1/connections/test': 'admin',
  'GET /api/v1/connections/:name/streams': 'admin',
  'GET /api/v1/connections/:name/streams/:stream': 'admin',
  'GET /api/v1/connections/:name/streams/:stream/records': 'admin',
  'POST /api/v1/connections/:name/streams/:stream/infer': 'admin',

  'GET /api/v1/library/queries': 'read',
  'GET /api/v1/library/queries/:path': 'read',
  'PUT /api/v1/library/queries/:path': 'save',
  'PATCH /api/v1/library/queries/:path': 'save',
  'DELETE /api/v1/library/queries/:path': 'save',
  'GET /api/v1/library/dashboards': 'read',
  'GET /api/v1/library/dashboards/:path': 'read',
  'GET /api/v1/library/dashboards/:path/file': 'read',
  'PUT /api/v1/library/dashboards/:path': 'save',
  'PATCH /api/v1/library/dashboards/:path': 'save',
  'DELETE /api/v1/library/dashboards/:path': 'save',
  'POST /api/v1/library/import': 'save',

  'GET /api/v1/quarantine': 'read',
  'GET /api/v1/quarantine/replays': 'read',
  'GET /api/v1/quarantine/replays/:id': 'read',
  'POST /api/v1/quarantine/trial': 'admin',
  'POST /api/v1/quarantine/replay': 'admin',

  'GET /api/v1/alerts': 'read',
  'GET /api/v1/alerts/:name': 'read',
  'PUT /api/v1/alerts/:name': 'admin',
  'DELETE /api/v1/alerts/:name': 'admin',
  'POST /api/v1/alerts/test': 'admin',

  'GET /api/v1/doctor': 'read',
  'GET /api/v1/demo': 'read',
  'POST /api/v1/demo': 'admin',
  'DELETE /api/v1/demo': 'admin',
};

/** `url` as the route was declared; undefined for an address that no route takes. */
export function needOf(method: string, url: string | undefined): Need {
  if (url === undefined) return 'known';
  const isPage = !url.startsWith('/api/') && url !== '/metrics';
  const declared = routeNeeds[`${method === 'HEAD' ? 'GET' : method} ${url}`];
  return declared ?? (isPage && (method === 'GET' || method === 'HEAD') ? 'public' : 'admin');
}
