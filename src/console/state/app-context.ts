// Hands the one App to every component below main.tsx.
// Screens call useApp(); tests wrap what they show in AppContext.Provider.

import { type Context, createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { App } from './app.ts'

export const AppContext: Context<App | null> = createContext<App | null>(null)

export function useApp(): App {
  const app = useContext(AppContext)
  if (app === null) throw new Error('a component of the console stands outside of AppContext')
  return app
}
