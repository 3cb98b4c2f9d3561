import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Where the server (or dev/mock.mjs) listens while `npm run dev` serves the app itself.
const server = process.env.CAIRN_URL ?? 'http://127.0.0.1:7199';

// The host stays as the browser sent it: the server compares it with the origin of the request.
const forward = { target: server, changeOrigin: false };
const proxy = { '/api': forward, '/v1': forward };

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy },
  preview: { proxy },
  build: {
    target: 'es2023',
    // The content security policy forbids data: scripts and styles, so that nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  worker: { format: 'es' },
  test: { environment: 'node', include: ['src/**/*.test.{ts,tsx}'] },
});
