// Words of the rules that lose packets: the dialog, what is in force, why it cannot be.
// Packet types and topics are the standard's and the user's in every language.

import { type Catalogue, catalogue } from '../../words/catalogue.ts'
import type { LossObstacle, NextPacket } from './ladder-faults.ts'

const EN = {
  lose: 'Lose this packet next time',
  obstacles: {
    'nothing-chosen': () => 'Select a packet of the ladder first.',
    'capture-file': () => 'What passed in a capture file has passed: only a running broker can lose its next packet.',
    'foreign-broker': () => 'Only the broker that serves this page can be told to lose packets; this one is another.',
    role: (role: string) => `This needs the role admin; yours is ${role}.`,
    unreadable: () => 'This packet breaks the protocol: no rule can be made of it.',
    'unknown-client': () => 'The Client Identifier of this connection is not known: no rule can name it.',
  } satisfies Record<LossObstacle, (role: string) => string>,
  noRole: 'none',
  rule: ({ name, qos, fromClient, client, topic }: NextPacket) =>
    `The next ${name}${qos === null ? '' : ` with QoS ${qos}`} ${fromClient ? 'from' : 'to'} ${client}${topic === null ? '' : ` about ${topic}`}`,
  isLost: (packet: string, cut: boolean) => (cut ? `${packet} is lost, and the connection breaks.` : `${packet} is lost.`),
  cut: 'Break the connection, too',
  whyCut:
    'On a living connection nobody sends again what was not answered: its sender waits. When the connection breaks, a session that goes on repeats it, with DUP set.',
  whyCutOther: 'A client that connects again with its session sends again what had not been acknowledged.',
  once: 'It happens once; then the rule is gone. It ends with the broker, too.',
  set: 'Lose it',
  cancel: 'Cancel',
  inForce: 'Packets to be lost',
  hits: (hits: number, matches: number) => (matches === hits ? `struck ${hits}` : `struck ${hits} of ${matches}`),
  waits: 'has not come yet',
  remove: (id: number) => `Remove rule ${id}`,
  clear: 'Remove all',
  struck: (count: number) =>
    count === 1 ? 'Rules have struck once; lost packets end in a cross.' : `Rules have struck ${count} times; lost packets end in a cross.`,
  unbent: (clients: number) =>
    clients === 1
      ? '1 client was still logging in when the first rule was set: rules act on it from its next connection on.'
      : `${clients} clients were still logging in when the first rule was set: rules act on them from their next connections on.`,
}

export type FaultWords = typeof EN

const IT: FaultWords = {
  lose: 'Perdi questo pacchetto la prossima volta',
  obstacles: {
    'nothing-chosen': () => 'Scegli prima un pacchetto della sequenza.',
    'capture-file': () => 'Ciò che è passato in una cattura è passato: solo un broker in funzione può perdere il prossimo pacchetto.',
    'foreign-broker': () => 'Solo il broker che serve questa pagina può perdere pacchetti a richiesta; questo è un altro.',
    role: (role: string) => `Serve il ruolo admin; il tuo è ${role}.`,
    unreadable: () => 'Questo pacchetto viola il protocollo: non se ne può fare una regola.',
    'unknown-client': () => 'Il Client Identifier di questa connessione non è noto: nessuna regola può nominarla.',
  },
  noRole: 'nessuno',
  rule: ({ name, qos, fromClient, client, topic }: NextPacket) =>
    `Il prossimo ${name}${qos === null ? '' : ` con QoS ${qos}`} ${fromClient ? 'da' : 'verso'} ${client}${topic === null ? '' : ` su ${topic}`}`,
  isLost: (packet: string, cut: boolean) => (cut ? `${packet} va perso, e la connessione si interrompe.` : `${packet} va perso.`),
  cut: 'Interrompi anche la connessione',
  whyCut:
    'Su una connessione viva nessuno ripete ciò che non ha avuto risposta: il mittente aspetta. Se la connessione si interrompe, una sessione che riprende lo ripete, con DUP.',
  whyCutOther: 'Un client che si riconnette con la sua sessione invia di nuovo ciò che non era stato confermato.',
  once: 'Accade una volta; poi la regola sparisce. Finisce anche con il broker.',
  set: 'Perdilo',
  cancel: 'Annulla',
  inForce: 'Pacchetti da perdere',
  hits: (hits: number, matches: number) => (matches === hits ? `colpiti ${hits}` : `colpiti ${hits} di ${matches}`),
  waits: 'non è ancora passato',
  remove: (id: number) => `Togli la regola ${id}`,
  clear: 'Togli tutte',
  struck: (count: number) =>
    count === 1
      ? 'Le regole hanno colpito una volta; i pacchetti persi finiscono in una croce.'
      : `Le regole hanno colpito ${count} volte; i pacchetti persi finiscono in una croce.`,
  unbent: (clients: number) =>
    clients === 1
      ? '1 client stava ancora accedendo alla prima regola: le regole valgono dalla sua prossima connessione.'
      : `${clients} client stavano ancora accedendo alla prima regola: le regole valgono dalle loro prossime connessioni.`,
}

export const FAULT_WORDS: Catalogue<FaultWords> = catalogue(EN, IT)
