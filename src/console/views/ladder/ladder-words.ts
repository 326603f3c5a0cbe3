// Words of the Ladder screen. Packets, fields and QoS are the standard's in every language.
// Sentences that explain a message's life are whole texts: no language is put together from parts of another.

import { type Catalogue, catalogue } from '../../words/catalogue.ts'
import type { LifeVerdict } from './ladder-life.ts'
import type { LadderTexts } from './ladder-shapes.ts'
import type { EndState } from './ladder-state.ts'

type Facts = Pick<LifeVerdict, 'who' | 'packetId' | 'lacks'>

const EN = {
  ladder: 'Ladder',
  parties: (count: number) => (count === 1 ? '1 party' : `${count} parties`),
  svg: 'SVG',
  png: 'PNG',
  mermaid: 'Mermaid',
  view: 'View',
  saveView: 'Save the view with its packets (.zzb)',
  exportAs: (form: string) => `Export as ${form}`,
  part: (from: string, to: string, total: string) => `${from} to ${to} of ${total} MQTT packets`,
  hidden: (clients: number, messages: string) =>
    clients === 1 ? `1 client with ${messages} packets is not drawn` : `${clients} clients with ${messages} packets are not drawn`,
  empty: 'No MQTT packets to draw',
  emptyHint:
    'The ladder shows the packets that pass the display filter: who sent what, who answered, and what was lost. Publish something, or open a capture in Packets.',
  toPackets: 'Open Packets',
  life: 'Message life',
  noLife: 'Select a PUBLISH or an acknowledgement: its whole life through the broker appears here.',
  deliveries: (count: number) => (count === 1 ? '1 delivery' : `${count} deliveries`),
  stateAt: (time: string) => `State at ${time}`,
  inFlight: 'in flight',
  waitsFor: 'waits for',
  none: 'none',
  previous: 'Step back',
  next: 'Step',
  play: 'Play',
  pause: 'Pause',
  position: 'Moment',
  at: (step: number, count: number) => `${step} of ${count}`,
  speed: 'Speed',
  more: 'More',
  edge: 'Ladder and message',
  panes: { ladder: 'Ladder', life: 'Message life' },
  joined: 'Deliveries are joined to their publication by topic, size and payload.',
  keyStep: 'step through the packets',
  keyPlay: 'play or pause',
  ends: {
    'client-sends': (client: string) => client,
    'broker-gets': (client: string) => `broker, from ${client}`,
    'broker-sends': (client: string) => `broker to ${client}`,
    'client-gets': (client: string) => `${client}, receiving`,
  } satisfies Record<EndState['end'], (client: string) => string>,
  texts: {
    lost: 'lost',
    second: 'delivered twice',
    dup: 'DUP',
    none: (answer) => `no ${answer}`,
    reconnects: 'the client reconnects',
    kinds: { publisher: 'publisher', subscriber: 'subscriber', client: 'client', broker: '' },
  } satisfies LadderTexts as LadderTexts,
  verdicts: {
    'at-most-once': () => ({ title: 'Sent at most once', text: 'QoS 0: nobody acknowledges, nothing is sent again. What is lost stays lost.' }),
    acknowledged: () => ({ title: 'Acknowledged', text: 'QoS 1: each receiver has answered with PUBACK, and the sender has forgotten the identifier.' }),
    'exactly-once': () => ({
      title: 'Delivered exactly once',
      text: 'QoS 2: PUBREC, PUBREL and PUBCOMP made sure that a repeated PUBLISH could not become a second message.',
    }),
    'delivered-twice': ({ who, packetId, lacks }: Facts) => ({
      title: `Delivered twice to ${who}`,
      text: `The first ${lacks} did not arrive, so the publisher sent id ${packetId} again with DUP set. QoS 1 promises at least once; QoS 2 would have delivered once.`,
    }),
    'sent-again': ({ packetId, lacks }: Facts) => ({
      title: 'Sent again',
      text: `The first ${lacks} did not arrive, so id ${packetId} was sent again with DUP set. The answer to the repeat ended it.`,
    }),
    unanswered: ({ who, packetId, lacks }: Facts) => ({
      title: `No ${lacks} from ${who}`,
      text: `Id ${packetId} stays in flight: its sender must send it again with DUP set when the session goes on.`,
    }),
    'under-way': ({ lacks }: Facts) => ({ title: 'Under way', text: `${lacks === '' ? 'An answer' : lacks} may still come.` }),
  } satisfies Record<LifeVerdict['kind'], (facts: Facts) => { readonly title: string; readonly text: string }>,
}

export type LadderWords = typeof EN

const IT: LadderWords = {
  ladder: 'Sequenza',
  parties: (count: number) => (count === 1 ? '1 parte' : `${count} parti`),
  svg: 'SVG',
  png: 'PNG',
  mermaid: 'Mermaid',
  view: 'Vista',
  saveView: 'Salva la vista con i suoi pacchetti (.zzb)',
  exportAs: (form: string) => `Esporta come ${form}`,
  part: (from: string, to: string, total: string) => `da ${from} a ${to} di ${total} pacchetti MQTT`,
  hidden: (clients: number, messages: string) =>
    clients === 1 ? `1 client con ${messages} pacchetti non è disegnato` : `${clients} client con ${messages} pacchetti non sono disegnati`,
  empty: 'Nessun pacchetto MQTT da disegnare',
  emptyHint:
    'La sequenza mostra i pacchetti che passano il filtro: chi ha inviato, chi ha risposto, che cosa si è perso. Pubblica qualcosa, o apri una cattura in Pacchetti.',
  toPackets: 'Apri Pacchetti',
  life: 'Vita del messaggio',
  noLife: 'Scegli un PUBLISH o una conferma: qui appare tutta la sua vita attraverso il broker.',
  deliveries: (count: number) => (count === 1 ? '1 consegna' : `${count} consegne`),
  stateAt: (time: string) => `Stato a ${time}`,
  inFlight: 'in volo',
  waitsFor: 'aspetta',
  none: 'nessuno',
  previous: 'Passo indietro',
  next: 'Passo avanti',
  play: 'Riproduci',
  pause: 'Pausa',
  position: 'Momento',
  at: (step: number, count: number) => `${step} di ${count}`,
  speed: 'Velocità',
  more: 'Altro',
  edge: 'Sequenza e messaggio',
  panes: { ladder: 'Sequenza', life: 'Vita del messaggio' },
  joined: 'Le consegne sono unite alla loro pubblicazione per topic, dimensione e contenuto.',
  keyStep: 'passo per passo tra i pacchetti',
  keyPlay: 'riproduci o ferma',
  ends: {
    'client-sends': (client: string) => client,
    'broker-gets': (client: string) => `broker, da ${client}`,
    'broker-sends': (client: string) => `broker verso ${client}`,
    'client-gets': (client: string) => `${client}, in ricezione`,
  },
  texts: {
    lost: 'perso',
    second: 'consegnato due volte',
    dup: 'DUP',
    none: (answer) => `senza ${answer}`,
    reconnects: 'il client si riconnette',
    kinds: { publisher: 'pubblica', subscriber: 'riceve', client: 'client', broker: '' },
  },
  verdicts: {
    'at-most-once': () => ({ title: 'Inviato al più una volta', text: 'QoS 0: nessuno conferma, nulla viene ripetuto. Ciò che si perde resta perso.' }),
    acknowledged: () => ({ title: 'Confermato', text: 'QoS 1: ogni destinatario ha risposto con PUBACK, e il mittente ha dimenticato l’identificativo.' }),
    'exactly-once': () => ({
      title: 'Consegnato esattamente una volta',
      text: 'QoS 2: PUBREC, PUBREL e PUBCOMP hanno impedito che un PUBLISH ripetuto diventasse un secondo messaggio.',
    }),
    'delivered-twice': ({ who, packetId, lacks }: Facts) => ({
      title: `Consegnato due volte a ${who}`,
      text: `Il primo ${lacks} non è arrivato, perciò l’id ${packetId} è stato inviato di nuovo con DUP. QoS 1 promette almeno una volta; QoS 2 avrebbe consegnato una volta sola.`,
    }),
    'sent-again': ({ packetId, lacks }: Facts) => ({
      title: 'Inviato di nuovo',
      text: `Il primo ${lacks} non è arrivato, perciò l’id ${packetId} è stato inviato di nuovo con DUP. La risposta alla ripetizione lo ha concluso.`,
    }),
    unanswered: ({ who, packetId, lacks }: Facts) => ({
      title: `Nessun ${lacks} da ${who}`,
      text: `L’id ${packetId} resta in volo: il mittente deve inviarlo di nuovo con DUP quando la sessione riprende.`,
    }),
    'under-way': ({ lacks }: Facts) => ({ title: 'In corso', text: `${lacks === '' ? 'Una risposta' : lacks} può ancora arrivare.` }),
  },
}

export const LADDER_WORDS: Catalogue<LadderWords> = catalogue(EN, IT)
