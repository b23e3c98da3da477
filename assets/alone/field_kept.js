// What of the grid worker's page outlives it, in IndexedDB: the queue of what waits, the tasks as they were last seen.
(function () {
  "use strict";

  const opened = new Promise((done, failed) => {
    const asked = indexedDB.open("yiping-field", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("queue", { keyPath: "id", autoIncrement: true });
      asked.result.createObjectStore("kept");
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });

  async function within(name, mode, work) {
    const transaction = (await opened).transaction(name, mode);
    const found = work(transaction.objectStore(name));
    return new Promise((done, failed) => {
      transaction.oncomplete = () => done(found.result);
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
    });
  }

  const store = {
    all: () => within("queue", "readonly", (rows) => rows.getAll()),
    put: (item) => within("queue", "readwrite", (rows) => rows.put(item)),
    remove: (id) => within("queue", "readwrite", (rows) => rows.delete(id)),
  };

  Object.assign(yiping.field, { within, store });
})();
