import { Type } from 'typebox';
import type { Doctor } from '../../doctor/doctor.ts';
import type { Routes } from '../framework.ts';
import { errorSchema } from '../schemas.ts';
import { timeText } from '../wire.ts';
import type { DoctorAnswer } from './doctor-api.ts';

/** `/api/v1/doctor`: what `helios doctor` finds, of the machine that this Helios runs on. */
export function addDoctorRoute(app: Routes, doctor: Pick<Doctor, 'examine'>): void {
  app.get(
    '/api/v1/doctor',
    {
      schema: {
        summary: 'What is wrong with this machine or setup, why it matters, and what to do',
        response: { 200: doctorSchema, '5xx': errorSchema },
      },
    },
    async (_request, reply): Promise<DoctorAnswer> => {
      const { atMs, durationMs, findings } = await doctor.examine();
      reply.header('cache-control', 'no-store');
      return {
        ok: findings.every(({ status }) => status !== 'fail'),
        examined_at: timeText(atMs),
        duration_ms: Math.round(durationMs),
        checks: findings,
      };
    },
  );
}

const doctorSchema = Type.Object({
  ok: Type.Boolean({ description: 'Nothing failed: Helios can work here, though maybe badly.' }),
  examined_at: Type.String({ format: 'date-time' }),
  duration_ms: Type.Integer({ minimum: 0 }),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      status: Type.Union([Type.Literal('ok'), Type.Literal('warn'), Type.Literal('fail')]),
      message: Type.String({ description: 'What was found.' }),
      why: Type.String({ description: 'Why it matters.' }),
      hint: Type.Optional(Type.String({ description: 'What to do about it.' })),
    }),
  ),
});
