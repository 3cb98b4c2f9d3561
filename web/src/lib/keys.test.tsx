// @vitest-environment jsdom
import { cleanup, fireEvent, render } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { useKeys } from './keys';

function Probe({ keys }: { keys: Record<string, () => void> }) {
  useKeys(keys);
  return <input aria-label="text" />;
}
afterEach(cleanup);

test('one key and two in a row', () => {
  const keys = { j: vi.fn(), 'g a': vi.fn() };
  render(<Probe keys={keys} />);
  fireEvent.keyDown(document.body, { key: 'j' });
  fireEvent.keyDown(document.body, { key: 'g' });
  fireEvent.keyDown(document.body, { key: 'a' });
  expect(keys.j).toHaveBeenCalledTimes(1);
  expect(keys['g a']).toHaveBeenCalledTimes(1);
});

test('typing and combinations are left alone', () => {
  const keys = { j: vi.fn() };
  const { getByLabelText } = render(<Probe keys={keys} />);
  fireEvent.keyDown(getByLabelText('text'), { key: 'j' });
  fireEvent.keyDown(document.body, { key: 'j', ctrlKey: true });
  expect(keys.j).not.toHaveBeenCalled();
});

test('typing in a shadow tree is typing', () => {
  const keys = { j: vi.fn() };
  render(<Probe keys={keys} />);
  const host = document.body.appendChild(document.createElement('div'));
  const text = host.attachShadow({ mode: 'open' }).appendChild(document.createElement('input'));
  fireEvent.keyDown(text, { key: 'j', composed: true });
  host.remove();
  expect(keys.j).not.toHaveBeenCalled();
});
