// How the console is built: src/console to dist/console, every asset hashed, nothing inlined, so that a strict policy can serve it.
// Run by scripts/build-console.mjs; `npx vite` serves it while one works on it.
import { defineConfig } from 'vite'

export default defineConfig({
  root: 'src/console',
  base: './',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    manifest: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
})
