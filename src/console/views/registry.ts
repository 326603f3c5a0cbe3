// The screens of the rail, in the order of their keys. Each is loaded when it is first opened.
// A screen gets nothing but the connection it shows; the rest it takes from useApp().

import type { ComponentType } from 'preact'
import type { IconName } from '../parts/icon.tsx'
import type { Connection } from '../state/connection.ts'

export interface ScreenProps {
  readonly connection: Connection
}

export type ScreenId = 'topics' | 'messages' | 'packets' | 'ladder' | 'broker' | 'clients' | 'learn'

export interface Screen {
  readonly id: ScreenId
  /** The key that opens it. */
  readonly key: string
  readonly icon: IconName
  /** Works for a tab that shows a capture file. */
  readonly showsFiles: boolean
  /** Asks the admin API alone: works where there is one, also while MQTT is refused or away. */
  readonly asksAdmin?: true
  readonly load: () => Promise<ComponentType<ScreenProps>>
}

export const SCREENS: readonly Screen[] = [
  { id: 'topics', key: '1', icon: 'topics', showsFiles: false, load: async () => (await import('./topics/topics-screen.tsx')).TopicsScreen },
  { id: 'messages', key: '2', icon: 'messages', showsFiles: false, load: async () => (await import('./messages/messages-screen.tsx')).MessagesScreen },
  { id: 'packets', key: '3', icon: 'packets', showsFiles: true, load: async () => (await import('./packets/packets-screen.tsx')).PacketsScreen },
  { id: 'ladder', key: '4', icon: 'ladder', showsFiles: true, load: async () => (await import('./ladder/ladder-screen.tsx')).LadderScreen },
  { id: 'broker', key: '5', icon: 'broker', showsFiles: false, asksAdmin: true, load: async () => (await import('./broker/broker-screen.tsx')).BrokerScreen },
  {
    id: 'clients',
    key: '6',
    icon: 'clients',
    showsFiles: false,
    asksAdmin: true,
    load: async () => (await import('./clients/clients-screen.tsx')).ClientsScreen,
  },
]

export function screenById(id: string): Screen | null {
  return SCREENS.find((screen) => screen.id === id) ?? null
}
