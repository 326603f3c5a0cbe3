// What the build lets TypeScript import besides programs: style sheets.
// Only for the compiler; Vite knows them by itself.

declare module '*.css'
