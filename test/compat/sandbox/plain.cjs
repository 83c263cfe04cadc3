module.exports = async (job) => 'cjs ' + job.name;
