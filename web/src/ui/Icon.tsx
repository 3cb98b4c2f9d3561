// The icons of the app: 16 px strokes in the colour of the text, hidden from screen readers.
const PATHS = {
  accounts: 'M2.5 3.5h11M2.5 8h11M2.5 12.5h11',
  portfolio: 'M2.5 13.5v-4m3.7 4v-7m3.6 7v-5m3.7 5v-11',
  signals:
    'M8 2.2A3.8 3.8 0 0 1 11.8 6c0 3.4 1.4 4.6 1.4 4.6H2.8S4.2 9.4 4.2 6A3.8 3.8 0 0 1 8 2.2ZM6.6 13.2h2.8',
  segments: 'M6 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm4 1a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z',
  coverage: 'M8 2v6l4.3 4.2M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-6H2',
  scorecards: 'M3 2.5h10v11H3zM5.5 6h5M5.5 8.5h5M5.5 11h3',
  past: 'M8 2.5a5.5 5.5 0 1 1-5.2 3.7M2.5 2.8v3.4h3.4M8 5v3.2l2.2 1.6',
  backtest: 'M2.5 8a5.5 5.5 0 1 1 1.7 4M2.5 8 1 6.4M2.5 8l1.7-1.4M8 5v3.2l2.2 1.6',
  sources: 'M8 2v6.5m0 0L5 5.7m3 2.8 3-2.8M2.5 10v2.5a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1V10',
  program: 'M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.3-1.2 3.2 3.2',
  chevron: 'm6 4 4 4-4 4',
  down: 'm4 6 4 4 4-4',
  up: 'm4 10 4-4 4 4',
  trendUp: 'M4.5 11.5 11 5m0 0H6.2M11 5v4.8',
  trendDown: 'M4.5 4.5 11 11m0 0V6.2M11 11H6.2',
  trendFlat: 'M3 8h10m0 0L9.7 4.7M13 8l-3.3 3.3',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  download: 'M8 2.5V10m0 0L5 7.2M8 10l3-2.8M3 13.5h10',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  check: 'm3 8.5 3.2 3.2L13 5',
  close: 'm4 4 8 8m0-8-8 8',
  keys: 'M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.4 6.5h.01M12 6.5h.01M5 9.5h6',
  key: 'M6 10a3 3 0 1 1 2.6-4.5H14v2h-1.5v2h-2v-2H8.6A3 3 0 0 1 6 10Zm-.5-3h.01',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  moon: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z',
  user: 'M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8Zm-5 5.2c.5-2.3 2.5-3.4 5-3.4s4.5 1.1 5 3.4',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  plus: 'M8 3v10M3 8h10',
  play: 'M5 3.2v9.6L12.5 8z',
  terminal: 'M2 3h12v10H2zM4.5 6l2 2-2 2M8.5 10h3',
  warning: 'M8 2.3 14.2 13H1.8zM8 6.5v3M8 11.4h.01',
  panel: 'M2 3h12v10H2zM6 3v10',
  filter: 'M2.5 4h11M4.7 8h6.6M6.7 12h2.6',
  table: 'M2 3h12v10H2zM2 6.5h12M2 9.8h12M6.5 6.5V13',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
