import { Type } from 'typebox';
import type { Routes } from '../framework.ts';
import { errorSchema } from '../schemas.ts';
import type { DemoAnswer, DemoShop } from './demo-api.ts';

/** `/api/v1/demo`: opens and closes the shop of `helios start --demo`. */
export function addDemoRoutes(app: Routes, shop: DemoShop): void {
  const answer = (): DemoAnswer => ({ open: shop.isOpen });
  const response = { 200: demoSchema, '4xx': errorSchema, '5xx': errorSchema };
  app.get(
    path,
    { schema: { summary: 'Whether the demo shop is open', response: { 200: demoSchema } } },
    answer,
  );
  app.post(
    path,
    { schema: { summary: 'Open the demo shop: its events flow into the stream events', response } },
    async () => {
      await shop.open();
      return answer();
    },
  );
  app.delete(
    path,
    { schema: { summary: 'Close the demo shop; what it sold stays', response } },
    async () => {
      await shop.close();
      return answer();
    },
  );
}

const path = '/api/v1/demo';

const demoSchema = Type.Object({ open: Type.Boolean({ description: 'Its events flow.' }) });
