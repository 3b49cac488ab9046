import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where this project's programs are, for those who start them. */
export const EXECUTABLE = fileURLToPath(new URL('../cluster-proxy.ts', import.meta.url))
export const CLUSTERADM = fileURLToPath(new URL('../clusteradm.ts', import.meta.url))
export const ROOT = path.resolve(path.dirname(EXECUTABLE), '../..')
