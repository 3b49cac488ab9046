import type { CommandEntry, CommandGroup, CommandTable, Section } from './command-line/command-tree.ts'

const leaf = (summary: string, load: CommandEntry['load']): CommandEntry => ({
  kind: 'command',
  summary,
  load,
})
const group = (summary: string, commands: CommandTable): CommandGroup => ({
  kind: 'group',
  summary,
  commands,
})

const GENERAL = {
  create: group('create a resource', {
    clusterset: leaf(
      'create a clusterset',
      async () => (await import('./create/clusterset.ts')).createClusterSet,
    ),
    work: leaf(
      'create a work of objects for managed clusters',
      async () => (await import('./create/work.ts')).createWork,
    ),
  }),
  delete: group('delete a resource', {
    clusterset: leaf(
      'delete a clusterset',
      async () => (await import('./delete/clusterset.ts')).deleteClusterSet,
    ),
    token: leaf('delete the bootstrap token', async () => (await import('./delete/token.ts')).deleteToken),
    work: leaf(
      'delete a work from managed clusters',
      async () => (await import('./delete/work.ts')).deleteWork,
    ),
  }),
  get: group('get information from the cluster', {
    addon: leaf(
      'get add-ons and where they are enabled',
      async () => (await import('./get/addon.ts')).getAddOns,
    ),
    clusters: leaf('get the managed clusters', async () => (await import('./get/clusters.ts')).getClusters),
    clustersets: leaf(
      'get the clustersets',
      async () => (await import('./get/clustersets.ts')).getClusterSets,
    ),
    'hub-info': leaf(
      'get what the hub consists of',
      async () => (await import('./get/hub-info.ts')).getHubInfo,
    ),
    'klusterlet-info': leaf(
      'get what the klusterlet consists of',
      async () => (await import('./get/klusterlet-info.ts')).getKlusterletInfo,
    ),
    placements: leaf('get the placements', async () => (await import('./get/placements.ts')).getPlacements),
    token: leaf('get a token to join the hub with', async () => (await import('./get/token.ts')).getToken),
    works: leaf('get the works of managed clusters', async () => (await import('./get/works.ts')).getWorks),
  }),
  doctor: leaf(
    'find out what is wrong with a hub or a managed cluster',
    async () => (await import('./doctor/doctor.ts')).doctor,
  ),
  version: leaf('get the versions of client and server', async () => (await import('./version.ts')).version),
} as const satisfies CommandTable

const REGISTRATION = {
  accept: leaf('accept clusters that want to join', async () => (await import('./accept/accept.ts')).accept),
  clean: leaf('make a hub an ordinary cluster again', async () => (await import('./clean.ts')).clean),
  init: leaf('make a cluster a hub', async () => (await import('./init/init.ts')).init),
  join: leaf('have a cluster join a hub', async () => (await import('./join/join.ts')).join),
  unjoin: leaf('have a cluster leave its hub', async () => (await import('./unjoin.ts')).unjoin),
} as const satisfies CommandTable

const MANAGEMENT = {
  clusterset: group('bind clustersets, and choose their members', {
    bind: leaf(
      'bind a clusterset to a namespace',
      async () => (await import('./clusterset/bind.ts')).bindClusterSet,
    ),
    set: leaf(
      'set clusters or namespaces to a clusterset',
      async () => (await import('./clusterset/set.ts')).setClusterSet,
    ),
    unbind: leaf(
      'unbind a clusterset from a namespace',
      async () => (await import('./clusterset/unbind.ts')).unbindClusterSet,
    ),
  }),
} as const satisfies CommandTable

const OTHER = {
  completion: group('make a shell complete command lines', {
    bash: leaf('for bash', async () => (await import('./completion.ts')).completion('bash')),
    fish: leaf('for fish', async () => (await import('./completion.ts')).completion('fish')),
    powershell: leaf('for powershell', async () =>
      (await import('./completion.ts')).completion('powershell'),
    ),
    zsh: leaf('for zsh', async () => (await import('./completion.ts')).completion('zsh')),
  }),
  options: leaf('list the flags of all commands', async () => (await import('./options.ts')).options),
} as const satisfies CommandTable

/** By the headings of the help text. */
export const SECTIONS: readonly Section[] = [
  { title: 'General commands', commands: GENERAL },
  { title: 'Registration commands', commands: REGISTRATION },
  { title: 'Cluster Management commands', commands: MANAGEMENT },
  { title: 'Other Commands', commands: OTHER },
]

export const ROOT: CommandTable = { ...GENERAL, ...REGISTRATION, ...MANAGEMENT, ...OTHER }
