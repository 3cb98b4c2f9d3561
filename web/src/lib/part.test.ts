import { expect, test } from 'vitest';
import { PartMissing, part } from './part';

const failing = (message: string) => part(() => Promise.reject(new TypeError(message)));

test('a part that could not be fetched is told apart from one with a mistake', async () => {
  await expect(part(() => Promise.resolve(7))()).resolves.toBe(7);
  for (const message of [
    'Failed to fetch dynamically imported module: http://a.test/assets/segments.js',
    'error loading dynamically imported module: http://a.test/assets/segments.js',
    'Importing a module script failed.',
    'Unable to preload CSS for http://a.test/assets/segments.css',
  ]) {
    await expect(failing(message)()).rejects.toBeInstanceOf(PartMissing);
  }
  let asked = 0;
  const late = part(() =>
    asked++ === 0 ? Promise.reject(new Error('Unable to preload CSS for /a.css')) : Promise.resolve(1),
  );
  await expect(late()).rejects.toBeInstanceOf(PartMissing);
  await expect(late()).rejects.toBeInstanceOf(PartMissing);
  await expect(failing('x is not a function')()).rejects.toBeInstanceOf(TypeError);
});
