// A peer's front: fastify with a JSON schema, authorisation, POST /v1/batch.  `store(rows)` resolves
// when the rows are durable; it has dropped those whose message id was there already.
import Fastify from 'fastify';

const string = { type: 'string' };
const event = {
  type: 'object',
  required: ['type', 'messageId'],
  properties: {
    type: { enum: ['track', 'identify', 'group', 'page', 'screen', 'alias'] },
    messageId: { type: 'string', minLength: 1, maxLength: 100 },
    timestamp: string,
    userId: string,
    anonymousId: string,
    groupId: string,
    event: string,
    properties: { type: 'object' },
    traits: { type: 'object' },
    context: { type: 'object' },
  },
};
const body = {
  type: 'object',
  required: ['batch'],
  properties: { batch: { type: 'array', maxItems: 2500, items: event }, sentAt: string },
};

export const writeKey = process.env.WRITE_KEY ?? 'bench';

export async function serve(store) {
  const app = Fastify({ bodyLimit: 4 * 1024 * 1024, logger: false });
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`;
  app.addHook('onRequest', async (req, reply) => {
    if (req.headers.authorization !== authorization) return reply.code(401).send({ error: 'unauthenticated' });
  });
  app.post('/v1/batch', { schema: { body } }, async req => {
    const received = Date.now();
    await store(req.body.batch.map(item => ({
      id: item.messageId,
      type: item.type,
      name: item.event ?? null,
      user: item.userId ?? null,
      account: item.groupId ?? item.context?.groupId ?? null,
      at: Date.parse(item.timestamp) || received,
      received,
      payload: JSON.stringify(item.properties ?? item.traits ?? {}),
    })));
    return { success: true };
  });
  process.on('SIGTERM', () => process.exit(0));
  const base = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) });
  console.log(JSON.stringify({ listening: base }));
}
