import { createRequire } from 'node:module'
import type Undici from 'undici'

// The one door to undici: its index has fetch, WebSocket, caches and mocks loaded with it, which is most of what it takes (13 MiB,
// 0.1 s), and of no use here. As the index does, it gives dispatchers their methods.
const require = createRequire(import.meta.url)
Object.assign(require('undici/lib/dispatcher/dispatcher.js').prototype, require('undici/lib/api/index.js'))

export const Agent: typeof Undici.Agent = require('undici/lib/dispatcher/agent.js')
export const ProxyAgent: typeof Undici.ProxyAgent = require('undici/lib/dispatcher/proxy-agent.js')
export const errors: typeof Undici.errors = require('undici/lib/core/errors.js')

export type Agent = Undici.Agent
export type Dispatcher = Undici.Dispatcher
