// Words of the dialog that takes over connections of other programs, English and Italian.
// Loaded with the dialog.

import { type Catalogue, catalogue } from '../../words/catalogue.ts'

const EN = {
  title: 'Import connections',
  how: 'From MQTTX: Settings, Export Data, as JSON. From MQTT Explorer: its file settings.json. The file is read here and goes nowhere.',
  choose: 'Choose a file',
  drop: 'or drop it on the page.',
  other: 'Another file',
  neither: (file: string) => `${file} is neither an export of MQTTX as JSON nor MQTT Explorer’s settings.json.`,
  tooLong: (file: string) => `${file} is too long to be one.`,
  found: (n: string, program: string) => `${n} from ${program}`,
  usable: 'Taken over',
  unusable: 'Not taken over',
  known: 'here already',
  problem: {
    transport: 'MQTT over TCP: a browser speaks WebSocket only. Make a connection with the broker’s WebSocket address.',
    address: 'its address cannot be used',
  },
  without: (what: string) => `without ${what}`,
  left: {
    password: 'its password',
    certificates: 'its certificates: the browser has its own',
    unchecked: '“do not check certificates”: the browser always does',
    will: 'its will',
    properties: 'its CONNECT properties',
    filters: 'subscriptions that are switched off or no filters',
    messages: 'its messages',
  },
  nothing: 'Nothing in it can be used here.',
  take: (n: string, one: boolean) => (one ? 'Import 1 connection' : `Import ${n} connections`),
}

export type ImportWords = typeof EN

const IT: ImportWords = {
  title: 'Importa connessioni',
  how: 'Da MQTTX: Impostazioni, Esporta dati, come JSON. Da MQTT Explorer: il suo file settings.json. Il file si legge qui e non va da nessuna parte.',
  choose: 'Scegli un file',
  drop: 'o lascialo cadere sulla pagina.',
  other: 'Un altro file',
  neither: (file) => `${file} non è né un’esportazione JSON di MQTTX né il settings.json di MQTT Explorer.`,
  tooLong: (file) => `${file} è troppo lungo per esserlo.`,
  found: (n, program) => `${n} da ${program}`,
  usable: 'Si importano',
  unusable: 'Non si importano',
  known: 'c’è già',
  problem: {
    transport: 'MQTT su TCP: un browser parla solo WebSocket. Crea una connessione con l’indirizzo WebSocket del broker.',
    address: 'il suo indirizzo non si può usare',
  },
  without: (what) => `senza ${what}`,
  left: {
    password: 'la password',
    certificates: 'i certificati: il browser ha i suoi',
    unchecked: '“non verificare i certificati”: il browser lo fa sempre',
    will: 'il testamento',
    properties: 'le proprietà di CONNECT',
    filters: 'sottoscrizioni spente o che non sono filtri',
    messages: 'i messaggi',
  },
  nothing: 'Qui non se ne può usare nulla.',
  take: (n, one) => (one ? 'Importa 1 connessione' : `Importa ${n} connessioni`),
}

export const IMPORT: Catalogue<ImportWords> = catalogue(EN, IT)
