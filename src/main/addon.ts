import { commandGroup } from './command-group.ts'

/** `cluster-proxy addon <command>` */
export const addOn = commandGroup({
  name: 'addon',
  description: 'Manages add-ons of clusters, on the hub.',
  commands: {
    manager: {
      summary: 'runs on the hub: installs add-ons on clusters, and configures them',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess(
          (await import('./addon/manager.ts')).addOnManager,
          argv,
        ),
    },
    'webhook-server': {
      summary: 'runs on the hub: turns add-ons of one API version into those of another',
      start: async (argv) =>
        (await import('./run-process.ts')).runProcess(
          (await import('./addon/webhook-server.ts')).addOnWebhookServer,
          argv,
        ),
    },
  },
})
