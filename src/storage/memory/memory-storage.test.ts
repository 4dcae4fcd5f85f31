import { testStorage } from '../storage.conformance.ts';
import { MemoryStorage } from './memory-storage.ts';

testStorage('memory', async () => ({ storage: new MemoryStorage(), close: async () => {} }));
