/** The phone's own memory: reports survive a closed page, an empty battery, and days without a connection. */
import type { Store } from "./outbox";
import type { Kept } from "./reports";

const NAME = "city-driver";
const TABLE = "reports";

export function phoneStore(): Store {
  const opened = open();
  const act = async <T>(mode: IDBTransactionMode, deed: (table: IDBObjectStore) => IDBRequest<T> | undefined): Promise<T> => {
    const base = await opened;
    return new Promise((resolve, reject) => {
      const transaction = base.transaction(TABLE, mode, { durability: "strict" });
      const request = deed(transaction.objectStore(TABLE));
      transaction.oncomplete = () => resolve(request?.result as T);
      transaction.onabort = () => reject(transaction.error ?? new Error("the phone's memory is full"));
      transaction.onerror = () => reject(transaction.error ?? new Error("the phone's memory cannot be written"));
    });
  };
  return {
    all: () => act<Kept[]>("readonly", (table) => table.getAll() as IDBRequest<Kept[]>),
    put: async (kept) => {
      await act("readwrite", (table) => table.put({ ...kept, event_id: kept.report.event_id }));
    },
    remove: async (eventIds) => {
      await act("readwrite", (table) => {
        for (const eventId of eventIds) table.delete(eventId);
        return undefined;
      });
    },
  };
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "event_id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the phone's memory cannot be opened"));
  });
}
