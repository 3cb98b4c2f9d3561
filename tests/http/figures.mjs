// What an account's events come to, for tests of how soon that is.

// From the answer to an event to the score that stands on it.
export const VISIBLE_MS = 1000;

// The latest day's value of a metric, and the score.
export async function figuresOf(session, account) {
  const metrics = await session.get(`/api/v1/accounts/${account.id}/metrics`);
  const { days } = metrics.body.data.find(metric => metric.name === 'events');
  const { body } = await session.get(`/api/v1/accounts/${account.id}`);
  return { events: days.at(-1).value, points: body.score?.points ?? null };
}
