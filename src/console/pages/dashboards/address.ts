/** Where a dashboard is in the console. */
export function dashboardPage(path: string): string {
  return `/dashboards/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Where it is in the API. */
export function dashboardDocument(path: string): string {
  return `/api/v1/library/dashboards/${encodeURIComponent(path)}`;
}
