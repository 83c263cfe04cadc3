exports.nothing = 5;
