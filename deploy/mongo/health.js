// Ends with 0 once this server takes writes. The first time it makes the replica set, of this server alone.
const server = connect(
  "mongodb://127.0.0.1:27017/admin?directConnection=true&serverSelectionTimeoutMS=5000",
  "root",
  process.env.MONGO_INITDB_ROOT_PASSWORD,
);
try {
  server.adminCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  server.adminCommand({
    replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: "mongodb:27017" }] },
  });
}
quit(server.hello().isWritablePrimary ? 0 : 1);
